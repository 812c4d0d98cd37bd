import { Places } from './places.ts';

/** Tasks that run side by side up to a limit, and one after another where they have the same key. */
export class Pipeline {
  readonly #places: Places;
  readonly #tails = new Map<string, Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(limit: number) {
    this.#places = new Places(limit);
  }

  /**
   * Resolves when the task has a place, not when it is done. Throws if an earlier task failed; after a failure no
   * further task begins.
   */
  async add(key: string, task: () => Promise<void>, weight = 1): Promise<void> {
    const release = await this.#places.take(weight);
    if (this.#failure !== undefined) {
      release();
      throw this.#failure.error;
    }
    const tail = this.#run(this.#tails.get(key), task).finally(() => {
      release();
      if (this.#tails.get(key) === tail) this.#tails.delete(key);
    });
    this.#tails.set(key, tail);
  }

  /** Resolves when all tasks are done; throws the first failure, after the running ones have ended. */
  async done(): Promise<void> {
    await Promise.all(this.#tails.values());
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #run(before: Promise<void> | undefined, task: () => Promise<void>): Promise<void> {
    await before;
    if (this.#failure !== undefined) return;
    try {
      await task();
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}
