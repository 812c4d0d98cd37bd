/** What was opened, closed in the opposite order however the work ends. */
export class Cleanup {
  readonly #steps: (() => Promise<void>)[] = [];

  /** Gives the resource back. */
  add<T>(resource: T, close: (resource: T) => Promise<void> | void): T {
    this.#steps.push(async () => {
      await close(resource);
    });
    return resource;
  }

  /** Tries all of them; throws the first failure. */
  async run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await step().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
