import type { Received } from './messages.ts';

interface Tally {
  readonly hosts: Set<number>;
  duplicates: number;
  firstAtMs: number;
  sumOfMs: number;
  lastAtMs: number;
  isReported: boolean;
}

/** Which hosts of this process have which multicast. */
export class Receipts {
  readonly #hosts: number;
  readonly #tell: (received: Received) => void;
  readonly #tallies = new Map<number, Tally>();

  /** `tell` is called when all of the hosts have a multicast, and for others by `report`. */
  constructor(hosts: number, tell: (received: Received) => void) {
    this.#hosts = hosts;
    this.#tell = tell;
  }

  add(multicast: number, host: number, atMs: number): void {
    let tally = this.#tallies.get(multicast);
    if (tally === undefined) {
      tally = { hosts: new Set(), duplicates: 0, firstAtMs: atMs, sumOfMs: 0, lastAtMs: 0, isReported: true };
      this.#tallies.set(multicast, tally);
    }
    tally.isReported = false;
    if (tally.hosts.has(host)) {
      tally.duplicates++;
      return;
    }
    tally.hosts.add(host);
    tally.sumOfMs += atMs;
    tally.lastAtMs = Math.max(tally.lastAtMs, atMs);
    if (tally.hosts.size === this.#hosts) this.#report(multicast, tally);
  }

  /** Tells of those that changed since they were told of. */
  report(): void {
    for (const [multicast, tally] of this.#tallies) if (!tally.isReported) this.#report(multicast, tally);
  }

  #report(multicast: number, tally: Tally): void {
    const { duplicates, firstAtMs, sumOfMs, lastAtMs } = tally;
    tally.isReported = true;
    this.#tell({ multicast, part: 0, hosts: tally.hosts.size, duplicates, firstAtMs, sumOfMs, lastAtMs });
  }
}
