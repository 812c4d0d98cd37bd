// What a command checks, one line each, and in the end how much of it holds.

export class Checklist {
  #passed = 0;
  #failed = 0;

  note(what: string, problem?: string): void {
    if (problem === undefined) this.#passed += 1;
    else this.#failed += 1;
    console.log(problem === undefined ? `ok      ${what}` : `FAILED  ${what}\n${problem}`);
  }

  /** Whether it holds; what `check` throws is the problem. */
  async holds(what: string, check: () => Promise<void>): Promise<boolean> {
    const problem = await check().then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    this.note(what, problem);
    return problem === undefined;
  }

  /** Prints the sum, and has the process fail if anything did. */
  end(): void {
    console.log(`\n${this.#passed} passed, ${this.#failed} failed`);
    if (this.#failed > 0) process.exitCode = 1;
  }
}
