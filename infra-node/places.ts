/** A limit on what is done at a time. Places are given in the order in which they were asked for. */
export class Places {
  readonly #limit: number;
  readonly #waiting: { readonly weight: number; readonly admit: () => void }[] = [];
  #taken = 0;

  constructor(limit: number) {
    this.#limit = Math.max(1, limit);
  }

  /** Resolves with what gives the places back; who asks for more than there are gets all of them. */
  async take(weight = 1): Promise<() => void> {
    const share = Math.min(weight, this.#limit);
    if (this.#waiting.length > 0 || this.#taken + share > this.#limit) {
      await new Promise<void>((resolve) => this.#waiting.push({ weight: share, admit: resolve }));
    } else {
      this.#taken += share;
    }
    return () => {
      this.#taken -= share;
      this.#admit();
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (this.#taken + next.weight > this.#limit) return;
      this.#waiting.shift();
      this.#taken += next.weight;
      next.admit();
    }
  }
}
