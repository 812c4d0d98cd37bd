import { randomUUID } from 'node:crypto';
import type { Registry } from '../../core/store/port.ts';

/** Who has not claimed the task anew for this long is taken to be gone. */
const VOID_AFTER_MS = 60_000;
const RENEW_AFTER_MS = 10_000;

/**
 * A background task that one node of the region is enough for. Two at a time, while one takes over from another, do no
 * harm: what they do may be done twice.
 */
export class Leadership {
  readonly #store: Registry;
  readonly #task: string;
  readonly #token = randomUUID();
  #renewedMs = -Infinity;

  constructor(store: Registry, task: string) {
    this.#store = store;
    this.#task = task;
  }

  /** True = the task is this node's for now; to be asked again and again while it works on it. */
  async holds(): Promise<boolean> {
    const nowMs = performance.now();
    if (nowMs - this.#renewedMs < RENEW_AFTER_MS) return true;
    let held = await this.#store.claim('pass', this.#task, this.#token);
    if (held.owner !== this.#token && held.ageMs >= VOID_AFTER_MS) {
      held = await this.#store.claim('pass', this.#task, this.#token, held);
    }
    this.#renewedMs = held.owner === this.#token ? nowMs : -Infinity;
    return held.owner === this.#token;
  }

  /** Lets another node take over at once. */
  async resign(): Promise<void> {
    this.#renewedMs = -Infinity;
    await this.#store.release('pass', this.#task, this.#token);
  }
}
