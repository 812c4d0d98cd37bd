const WIDTH = 30;

/** Progress bars on stderr, so that stdout stays free; plain lines where stderr is no terminal. */
export class Progress {
  readonly #out = process.stderr;
  #drawnAtMs = 0;

  /** Runs a phase of `total` steps; `step` is called once for each that is done. */
  async phase<T>(title: string, total: number, work: (step: () => void) => Promise<T>): Promise<T> {
    const began = Date.now();
    let done = 0;
    this.#draw(title, done, total);
    const result = await work(() => {
      done++;
      this.#draw(title, done, total);
    });
    const line = `${title.padEnd(34)} ${String(done).padStart(5)} in ${((Date.now() - began) / 1_000).toFixed(1)} s`;
    this.#out.write(this.#out.isTTY ? `\r\x1b[K${line}\n` : `${line}\n`);
    this.#drawnAtMs = 0;
    return result;
  }

  #draw(title: string, done: number, total: number): void {
    const now = Date.now();
    if (!this.#out.isTTY || now - this.#drawnAtMs < 50) return;
    this.#drawnAtMs = now;
    const filled = Math.round((WIDTH * done) / Math.max(1, total));
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    this.#out.write(`\r\x1b[K${title.padEnd(34)} ${bar} ${done}/${total}`);
  }
}
