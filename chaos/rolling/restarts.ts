import { pause } from '../../core/retry.ts';
import { until } from '../../local/until.ts';
import type { Program } from '../../scripts/stack/deployment.ts';
import type { Testbed } from '../testbed/testbed.ts';
import { AGENTS_AWAY, AGENTS_READY_MS, graceMs, programKinds } from './grace.ts';
import type { ProgramKind } from './grace.ts';

export interface RestartFigures {
  restarts: number;
  /** From SIGTERM to the end of the process, and from there until it is ready again. */
  slowest_end_ms: number;
  slowest_start_ms: number;
}

const READY_MS = 120_000;
const ANSWER_MS = 3_000;

/** Asks each program to end and starts it again: one server after the other, then the infrastructure nodes, then the agents. */
export class RollingRestarts {
  readonly figures: Readonly<Record<ProgramKind, RestartFigures>>;
  /** Programs that did not end by themselves with code 0 within their grace period. */
  readonly findings: string[] = [];
  readonly #testbed: Testbed;
  readonly #report: (line: string) => void;
  #isAtWork = false;

  constructor(testbed: Testbed, report: (line: string) => void) {
    this.#testbed = testbed;
    this.#report = report;
    const none = (): RestartFigures => ({ restarts: 0, slowest_end_ms: 0, slowest_start_ms: 0 });
    this.figures = { servers: none(), infra_nodes: none(), agents: none() };
  }

  get isAtWork(): boolean {
    return this.#isAtWork;
  }

  /** Each is ready again before the next one ends. Agents go in batches, as a DaemonSet has them. */
  async run(): Promise<void> {
    const { servers, infraNodes, agents } = this.#testbed;
    const programs: Readonly<Record<ProgramKind, readonly Program[]>> = {
      servers,
      infra_nodes: infraNodes,
      agents,
    };
    this.#isAtWork = true;
    for (const kind of programKinds) {
      const all = programs[kind];
      const atOnce = kind === 'agents' ? Math.ceil(all.length * AGENTS_AWAY) : 1;
      for (let first = 0; first < all.length; first += atOnce) {
        const batch = all.slice(first, first + atOnce);
        await Promise.all(batch.map((program, n) => this.#restart(kind, first + n, program)));
        if (kind === 'agents') await pause(AGENTS_READY_MS);
      }
      const { restarts, slowest_end_ms, slowest_start_ms } = this.figures[kind];
      this.#report(
        `${restarts} ${kind} restarted; ended within ${slowest_end_ms} ms, ready after ${slowest_start_ms} ms`,
      );
    }
    this.#isAtWork = false;
  }

  async #restart(kind: ProgramKind, n: number, program: Program): Promise<void> {
    const figures = this.figures[kind];
    const { process } = program;
    const beganMs = performance.now();
    await this.#end(kind, n, program);
    const endedMs = performance.now();
    await process.start();
    await until(() => isReady(program), READY_MS);
    figures.restarts++;
    figures.slowest_end_ms = Math.max(figures.slowest_end_ms, Math.round(endedMs - beganMs));
    figures.slowest_start_ms = Math.max(figures.slowest_start_ms, Math.round(performance.now() - endedMs));
  }

  async #end(kind: ProgramKind, n: number, { process }: Program): Promise<void> {
    try {
      const { code, signal } = await process.terminate(graceMs[kind]);
      if (code !== 0) this.findings.push(`number ${n} of ${kind} ended with ${code ?? String(signal)}`);
    } catch {
      this.findings.push(`number ${n} of ${kind} had not ended ${graceMs[kind]} ms after SIGTERM`);
      await process.kill('SIGKILL');
    }
  }
}

async function isReady(program: Program): Promise<boolean> {
  const { health, held = '' } = await program.endpoints();
  try {
    const response = await fetch(`http://${health ?? held}/readyz`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
