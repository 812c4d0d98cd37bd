import { defer } from '../deferred.ts';
import type { Received } from './messages.ts';

/** One multicast as all hosts of the point saw it. */
export interface Gathered {
  readonly hosts: number;
  readonly duplicates: number;
  readonly firstAtMs: number;
  readonly meanAtMs: number;
  readonly lastAtMs: number;
  /** Where the publisher only gives the order: when it was first sent. */
  readonly sentAtMs?: number;
  /** Where the hosts also apply and keep it, as it comes in: when the last one had. */
  readonly durableAtMs?: number | undefined;
}

/** Puts together what the processes report. */
export class Gathering {
  readonly #hosts: number;
  readonly #byMulticast = new Map<number, Map<string, Received>>();
  readonly #waiting = new Map<number, () => void>();
  #failure: Error | undefined;

  constructor(hosts: number) {
    this.#hosts = hosts;
  }

  add(process: number, received: Received): void {
    const { multicast, part } = received;
    let parts = this.#byMulticast.get(multicast);
    if (parts === undefined) this.#byMulticast.set(multicast, (parts = new Map<string, Received>()));
    parts.set(`${process}/${part}`, received);
    if (this.#isComplete(multicast)) this.#waiting.get(multicast)?.();
  }

  /** Ends all waiting, now and later. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const wake of this.#waiting.values()) wake();
  }

  /** Resolves when all hosts have it, or when the time is over. */
  async untilReceived(multicast: number, patienceMs: number): Promise<Gathered> {
    const { promise, resolve } = defer<undefined>();
    const wake = (): void => {
      resolve(undefined);
    };
    this.#waiting.set(multicast, wake);
    const timer = setTimeout(wake, patienceMs);
    if (this.#failure !== undefined || this.#isComplete(multicast)) wake();
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(multicast);
    if (this.#failure !== undefined) throw this.#failure;
    return this.of(multicast);
  }

  /** So far. */
  of(multicast: number): Gathered {
    const parts = [...(this.#byMulticast.get(multicast)?.values() ?? [])];
    const sum = (of: (part: Received) => number): number =>
      parts.reduce((total, part) => total + of(part), 0);
    const hosts = sum((part) => part.hosts);
    return {
      hosts,
      duplicates: sum((part) => part.duplicates),
      firstAtMs: Math.min(...parts.map((part) => part.firstAtMs)),
      meanAtMs: sum((part) => part.sumOfMs) / hosts,
      lastAtMs: Math.max(...parts.map((part) => part.lastAtMs)),
    };
  }

  #isComplete(multicast: number): boolean {
    return this.of(multicast).hosts === this.#hosts;
  }
}
