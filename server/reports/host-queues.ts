/** Runs tasks of one host in order and of different hosts side by side, a bounded number at a time. */
export class HostQueues {
  readonly #limit: number;
  readonly #tails = new Map<string, Promise<void>>();
  #size = 0;
  #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Resolves when the task is taken in, which is at once while fewer than the limit are. A task must not throw. */
  async add(host: string, task: () => Promise<void>): Promise<void> {
    while (this.#size >= this.#limit) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
    this.#size++;
    const tail = (this.#tails.get(host) ?? Promise.resolve()).then(task).finally(() => {
      this.#size--;
      if (this.#tails.get(host) === tail) this.#tails.delete(host);
      this.#waiting.shift()?.();
    });
    this.#tails.set(host, tail);
  }

  /** Resolves when nothing is left. */
  async idle(): Promise<void> {
    while (this.#tails.size > 0) await Promise.all(this.#tails.values());
  }
}
