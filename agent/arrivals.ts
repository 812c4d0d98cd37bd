import type { Scope } from '../core/store/port.ts';
import type { After } from './ports.ts';

interface Waiter {
  readonly scope: Scope;
  readonly revision: number;
  readonly done: () => void;
}

/** Who waits for a scope to get further. */
export class Arrivals {
  readonly #after: After;
  readonly #waiters = new Set<Waiter>();
  #isStopped = false;

  constructor(after: After) {
    this.#after = after;
  }

  /** Resolves when the scope has reached the revision, or after so long without, or at the end. */
  wait(scope: Scope, revision: number, ms: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter: Waiter = {
        scope,
        revision,
        done: () => {
          cancel();
          this.#waiters.delete(waiter);
          resolve();
        },
      };
      const cancel = this.#after(ms, waiter.done);
      this.#waiters.add(waiter);
    });
  }

  reached(scope: Scope, revision: number): void {
    for (const waiter of this.#waiters) {
      if (waiter.scope === scope && waiter.revision <= revision) waiter.done();
    }
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#isStopped = true;
    for (const waiter of this.#waiters) waiter.done();
  }
}
