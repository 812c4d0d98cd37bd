import { pause } from '../../core/retry.ts';
import type { Program } from '../../scripts/stack/deployment.ts';

const EVERY_MS = 200;
const ANSWER_MS = 5_000;

interface Watched {
  readonly address: string;
  isReady: boolean;
  notReadyAtMs: number;
}

/** Asks programs again and again whether they live and are ready. */
export class HealthWatch {
  /** Answers of /healthz other than OK, and late ones. */
  readonly failures: string[] = [];
  readonly #programs: ReadonlyMap<string, Watched>;
  readonly #stop = new AbortController();
  readonly #watching: Promise<unknown>;

  private constructor(programs: ReadonlyMap<string, Watched>) {
    this.#programs = programs;
    this.#watching = Promise.all(
      [...programs].flatMap(([name, watched]) => [
        this.#repeat(() => this.#askLive(name, watched)),
        this.#repeat(() => this.#askReady(watched)),
      ]),
    );
  }

  static async open(programs: Readonly<Record<string, Program>>): Promise<HealthWatch> {
    const watched = new Map<string, Watched>();
    for (const [name, program] of Object.entries(programs)) {
      const { health = '' } = await program.endpoints();
      watched.set(name, { address: `http://${health}`, isReady: false, notReadyAtMs: Infinity });
    }
    return new HealthWatch(watched);
  }

  /** Those of them that said so when they were last asked. */
  notReady(names: readonly string[]): string[] {
    return names.filter((name) => this.#programs.get(name)?.isReady !== true);
  }

  /** When it first said so, by `performance.now()`; Infinity = not since `forget`. */
  notReadyAtMs(name: string): number {
    return this.#programs.get(name)?.notReadyAtMs ?? NaN;
  }

  forget(): void {
    for (const watched of this.#programs.values()) watched.notReadyAtMs = Infinity;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#watching;
  }

  async #repeat(ask: () => Promise<void>): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await ask();
      await pause(EVERY_MS, this.#stop.signal).catch(() => undefined);
    }
  }

  async #askLive(name: string, { address }: Watched): Promise<void> {
    const status = await statusOf(`${address}/healthz`);
    if (status !== 200) this.failures.push(`${name}: ${status}`);
  }

  async #askReady(watched: Watched): Promise<void> {
    watched.isReady = (await statusOf(`${watched.address}/readyz`)) === 200;
    if (!watched.isReady) watched.notReadyAtMs = Math.min(watched.notReadyAtMs, performance.now());
  }
}

async function statusOf(url: string): Promise<number | string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    return String(error);
  }
}
