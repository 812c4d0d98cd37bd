import { pick } from '../../bench/random.ts';

/** Something that the workload made. Busy = a write to it is under way, or ended without anybody knowing how. */
export interface Thing {
  readonly id: string;
  version: number;
  isBusy: boolean;
}

export interface Subnet extends Thing {
  /** Ports with an address in it, those that may have one included. */
  ports: number;
}

export interface Group extends Thing {
  ports: number;
  readonly rules: Set<string>;
}

export interface Port extends Thing {
  readonly subnet: Subnet;
  readonly group: Group | undefined;
  /** '' = nowhere. */
  host: string;
}

export interface Vpc extends Thing {
  readonly subnets: Set<Subnet>;
  readonly groups: Set<Group>;
  readonly tables: Set<Thing>;
  readonly ports: Set<Port>;
  /** Where its ports go. */
  readonly hosts: readonly string[];
  /** Writes in it, those with an unknown end included. */
  underWay: number;
  /** Emptied, to be deleted in the end: nothing is made in it any more. */
  isClosing: boolean;
  /** Numbers for ranges: those of deleted subnets are not used again. */
  nextRange: number;
}

/** How many of each there are once the workload has found its balance: as many are made as are deleted. */
export interface Balance {
  readonly vpcs: number;
  readonly ports: number;
}

/** With more hosts than this, a VPC has only some of them: hosts that join and leave are dear, and few writes mean that. */
const FEW_HOSTS = 20;
/** A VPC under so many writes is left alone: writes of one VPC get into each other's way. */
const MOST_UNDER_WAY = 8;

/** What exists as far as the workload knows, and ids for what is to come; none is given twice. */
export class World {
  readonly hosts: readonly string[];
  readonly random: () => number;
  readonly vpcs = new Set<Vpc>();
  /** All that there ever were. */
  readonly vpcIds: string[] = [];
  /** One is made at a time: it waits for the broker, and must not keep all callers. */
  isMakingVpc = false;
  readonly balance: Balance;
  readonly #prefix: string;
  #nextId = 0;

  constructor(prefix: string, hosts: readonly string[], random: () => number) {
    this.#prefix = prefix;
    this.hosts = hosts;
    this.random = random;
    this.balance = { vpcs: Math.max(10, hosts.length / 3), ports: Math.max(90, 4 * hosts.length) };
  }

  newId(kind: string): string {
    return `${this.#prefix}-${kind}-${++this.#nextId}`;
  }

  newVpc(): Vpc {
    const id = this.newId('vpc');
    const number = this.vpcIds.push(id);
    return {
      ...thing(id),
      hosts: this.#hostsOf(number),
      subnets: new Set(),
      groups: new Set(),
      tables: new Set(),
      ports: new Set(),
      underWay: 0,
      isClosing: false,
      nextRange: 0,
    };
  }

  anyHost({ hosts }: Vpc, except = ''): string {
    return pick(
      hosts.filter((host) => host !== except),
      this.random,
    );
  }

  /** One of those that fulfil the condition, if there are any. */
  any<T>(items: Iterable<T>, fits: (item: T) => boolean): T | undefined {
    const found = [...items].filter(fits);
    return found.length === 0 ? undefined : pick(found, this.random);
  }

  anyVpc(): Vpc | undefined {
    return this.any(this.vpcs, (vpc) => !vpc.isBusy && vpc.underWay < MOST_UNDER_WAY);
  }

  /** From now on nearly as much is deleted as is made. */
  get isGrown(): boolean {
    return this.ports() >= 0.75 * this.balance.ports;
  }

  ports(): number {
    return [...this.vpcs].reduce((sum, vpc) => sum + vpc.ports.size, 0);
  }

  /** Two to five of them, the next VPC the next ones, so that all come to be used. */
  #hostsOf(number: number): readonly string[] {
    if (this.hosts.length <= FEW_HOSTS) return this.hosts;
    return Array.from({ length: 2 + (number % 4) }, (_, n) => {
      const host = this.hosts[(3 * number + n) % this.hosts.length];
      if (host === undefined) throw new Error('there are no hosts');
      return host;
    });
  }
}

export function thing(id: string): Thing {
  return { id, version: 1, isBusy: false };
}

export const isFree = ({ isBusy }: Thing): boolean => !isBusy;
