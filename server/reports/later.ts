import type { Logger } from '../../core/logger.ts';

/**
 * Runs tasks a little later, so that many who ask for the same have it done once. A task that fails is only logged:
 * hosts go on reporting, so it will be asked for again.
 */
export class Later {
  readonly #logger: Logger;
  readonly #waiting = new Map<
    string,
    { readonly run: () => Promise<void>; readonly timer: NodeJS.Timeout }
  >();
  readonly #running = new Set<Promise<void>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Does nothing where the task of this name waits already. */
  ask(name: string, delayMs: number, run: () => Promise<void>): void {
    if (this.#waiting.has(name)) return;
    const timer = setTimeout(() => {
      this.#start(name);
    }, delayMs);
    this.#waiting.set(name, { run, timer });
  }

  /** Runs what waits, and resolves when nothing is left. */
  async drain(): Promise<void> {
    for (const name of [...this.#waiting.keys()]) this.#start(name);
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #start(name: string): void {
    const task = this.#waiting.get(name);
    if (task === undefined) return;
    this.#waiting.delete(name);
    clearTimeout(task.timer);
    const running = task
      .run()
      .catch((error: unknown) => {
        this.#logger.warn('what a report calls for was not done', { task: name, error });
      })
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}
