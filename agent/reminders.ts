import type { After, Backoff } from './ports.ts';

interface Reminder {
  readonly act: () => void;
  dueMs: number;
  pauseMs: number;
}

/** What is to be said again and again until it has an effect, at growing intervals. One timer for all of it. */
export class Reminders {
  readonly #after: After;
  readonly #backoff: Backoff;
  readonly #reminders = new Map<string, Reminder>();
  #isStopped = false;
  #timer: { readonly atMs: number; readonly cancel: () => void } | undefined;

  constructor(after: After, backoff: Backoff) {
    this.#after = after;
    this.#backoff = backoff;
  }

  /** The first time after `firstMs`, 0 = now. A reminder that exists stays as it is. */
  set(key: string, act: () => void, firstMs = 0): void {
    if (this.#isStopped || this.#reminders.has(key)) return;
    const { baseMs } = this.#backoff;
    if (firstMs === 0) act();
    const dueMs = performance.now() + (firstMs === 0 ? baseMs : firstMs);
    this.#reminders.set(key, { act, dueMs, pauseMs: firstMs === 0 ? baseMs * 2 : baseMs });
    this.#arm();
  }

  clear(key: string): void {
    this.#reminders.delete(key);
  }

  has(key: string): boolean {
    return this.#reminders.has(key);
  }

  /** Something is happening: the next repeat waits a full pause from now on. */
  postpone(key: string): void {
    const reminder = this.#reminders.get(key);
    if (reminder !== undefined) {
      reminder.dueMs = Math.max(reminder.dueMs, performance.now() + this.#backoff.baseMs);
    }
  }

  /** For good. */
  stop(): void {
    this.#isStopped = true;
    this.#reminders.clear();
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    let nextMs = Infinity;
    for (const { dueMs } of this.#reminders.values()) nextMs = Math.min(nextMs, dueMs);
    if (nextMs === Infinity || (this.#timer !== undefined && this.#timer.atMs <= nextMs)) return;
    this.#timer?.cancel();
    const cancel = this.#after(Math.max(1, Math.ceil(nextMs - performance.now())), () => {
      this.#timer = undefined;
      this.#fire();
    });
    this.#timer = { atMs: nextMs, cancel };
  }

  #fire(): void {
    const nowMs = performance.now();
    for (const reminder of [...this.#reminders.values()]) {
      if (reminder.dueMs > nowMs) continue;
      reminder.dueMs = nowMs + reminder.pauseMs * (0.75 + Math.random() / 2);
      reminder.pauseMs = Math.min(this.#backoff.maxMs, reminder.pauseMs * 2);
      reminder.act();
    }
    this.#arm();
  }
}
