import { PlatformError } from '../../core/errors.ts';

/** So many at a time, while it goes well. */
const MOST = 32;

/**
 * The attempts of one client to subscribe anew after an outage. While the broker answers none of them, one at a time is
 * enough to find out when it is back: all consumers of all hosts, each for itself, would keep it from getting there.
 */
export class Resubscribing {
  readonly #waiting: (() => void)[] = [];
  #limit = 1;
  #running = 0;

  async run<T>(attempt: () => Promise<T>): Promise<T> {
    const admitted = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#admit();
    await admitted;
    try {
      const result = await attempt();
      this.#limit = MOST;
      return result;
    } catch (error) {
      // Any other refusal is an answer.
      this.#limit = PlatformError.from(error).code === 'unavailable' ? 1 : MOST;
      throw error;
    } finally {
      this.#running--;
      this.#admit();
      // The next outage is another one.
      if (this.#running === 0) this.#limit = 1;
    }
  }

  #admit(): void {
    for (const admit of this.#waiting.splice(0, Math.max(0, this.#limit - this.#running))) {
      this.#running++;
      admit();
    }
  }
}
