/**
 * Copies or fan-out? One copy for each host costs the broker more per delivery than one message that all hosts read, but
 * each host has to attach a reader first. So a VPC is promoted once it has seen enough multicasts to pay for that.
 */
import type { Multicast } from '../../core/model/resources.ts';

/** Broker CPU time in microseconds, by `npm run bench -- multicast` and `npm run bench -- attach`; see docs/benchmarks. */
export interface MulticastCosts {
  /** To take a copy in and to deliver it. */
  readonly copyUs: number;
  /** To deliver a published message to one reader. */
  readonly readUs: number;
  /** To take a published message in, for each partition. */
  readonly publishUs: number;
  /** To attach a reader (1.6 to 1.9 ms), to let it go again (0.1 ms), and to answer it with a copy. */
  readonly attachUs: number;
}

export interface FanOutOptions {
  /** With fewer hosts copies are quick enough; 0 = never fan out. A VPC is demoted below half of it. */
  readonly hosts: number;
  readonly hostsPerPartition: number;
  /** How long a multicast counts: half of it after this time. */
  readonly halfLifeMs: number;
  /** At most so long is the next message held back while the broker delivers the last one; never what is urgent. */
  readonly longestRestMs: number;
  readonly costs: MulticastCosts;
}

export interface Situation {
  /** What the VPC's owner wants; undefined = whatever costs less. */
  readonly wish: Multicast | undefined;
  readonly hosts: number;
  /** Multicasts to all hosts of late. */
  readonly recent: number;
  /** Of the fan-out lane; 0 = there is none. */
  readonly partitions: number;
}

/** How many partitions the fan-out lane shall have; 0 = none. It never shrinks while it is there. */
export function choosePartitions(situation: Situation, options: FanOutOptions): number {
  const { wish, hosts, partitions } = situation;
  if (options.hosts === 0 || wish === 'copies' || hosts === 0) return 0;
  const needed = Math.max(partitions, Math.ceil(hosts / options.hostsPerPartition));
  if (wish === 'fan-out') return needed;
  if (partitions > 0) return hosts < options.hosts / 2 ? 0 : needed;
  return hosts >= options.hosts && isWorthIt(situation, needed, options.costs) ? needed : 0;
}

/** Whether a message that concerns only so many hosts of a VPC with a lane costs less as a copy to each of them. */
export function isPartial(
  concerned: number,
  { hosts, partitions }: Pick<Situation, 'hosts' | 'partitions'>,
  { copyUs, readUs, publishUs }: MulticastCosts,
): boolean {
  return concerned * copyUs < hosts * readUs + partitions * publishUs;
}

function isWorthIt({ hosts, recent }: Situation, partitions: number, costs: MulticastCosts): boolean {
  const { copyUs, readUs, publishUs, attachUs } = costs;
  const saved = hosts * (copyUs - readUs) - partitions * publishUs;
  return recent * saved >= hosts * attachUs;
}

/** Counts what happens, and forgets it by and by. */
export class Recent {
  readonly #halfLifeMs: number;
  #count = 0;
  #atMs = 0;

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs;
  }

  add(count: number, nowMs: number): void {
    this.#count = this.at(nowMs) + count;
    this.#atMs = nowMs;
  }

  at(nowMs: number): number {
    return this.#count * 0.5 ** (Math.max(0, nowMs - this.#atMs) / this.#halfLifeMs);
  }
}
