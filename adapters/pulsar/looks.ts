/**
 * Looks at many things every so often, at all of them in one turn of the event loop. A host has consumers by the dozen;
 * with a timer for each of them its process would wake up as often for every one.
 */
export class Looks {
  readonly #everyMs: number;
  readonly #all = new Set<() => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  /** Returns what ends it. */
  add(look: () => void): () => void {
    this.#all.add(look);
    this.#timer ??= setInterval(() => {
      for (const each of this.#all) each();
    }, this.#everyMs).unref();
    return () => {
      this.#all.delete(look);
      if (this.#all.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}
