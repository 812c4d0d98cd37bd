import type { Scope } from '../core/store/port.ts';

/** How long scopes are to be left alone after their present turn, while the broker still delivers what it was given. */
export class Rests {
  readonly #until = new Map<Scope, number>();

  give(scope: Scope, ms: number): void {
    this.#until.set(scope, performance.now() + ms);
  }

  /** Milliseconds that are left, once. */
  take(scope: Scope): number {
    const untilMs = this.#until.get(scope);
    this.#until.delete(scope);
    return untilMs === undefined ? 0 : Math.max(0, untilMs - performance.now());
  }
}
