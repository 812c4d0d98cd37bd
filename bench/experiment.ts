import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Progress } from '../demo/progress.ts';
import { Cleanup } from './cleanup.ts';
import { UsageError } from './usage.ts';

/** What an experiment is given. */
export interface Surroundings {
  /** For state and logs; kept where the experiment fails. */
  readonly dir: string;
  /** Takes what is to be closed, whatever happens. */
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
  /** For what fails by itself while something else is awaited: ends the phase under way. */
  readonly onFailure: (error: Error) => void;
  /** Shows its progress; `step` is called once for each of `total`. */
  readonly phase: <T>(title: string, total: number, work: (step: () => void) => Promise<T>) => Promise<T>;
  /** A phase of one step. */
  readonly once: <T>(title: string, work: () => Promise<T>) => Promise<T>;
}

/** Runs an experiment in a directory of its own and closes what it opened. */
export async function runExperiment<T>(
  signal: AbortSignal,
  run: (surroundings: Surroundings) => Promise<T>,
): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'vpcast-bench-'));
  const cleanup = new Cleanup();
  let result: T;
  try {
    result = await run(surroundingsIn(dir, cleanup, signal));
  } catch (error) {
    process.stderr.write(`\n${String(error)}\nending what was started\n`);
    await cleanup.run().catch(() => undefined);
    if (signal.aborted || error instanceof UsageError) await rm(dir, { recursive: true, force: true });
    else process.stderr.write(`the logs are in ${dir}\n`);
    throw error;
  }
  await cleanup.run();
  await rm(dir, { recursive: true, force: true });
  return result;
}

function surroundingsIn(dir: string, cleanup: Cleanup, outer: AbortSignal): Surroundings {
  const failed = new AbortController();
  const signal = AbortSignal.any([outer, failed.signal]);
  const progress = new Progress();
  const phase: Surroundings['phase'] = (title, total, work) =>
    untilAborted(signal, () => progress.phase(title, total, work));
  return {
    dir,
    cleanup,
    signal,
    onFailure: (error) => {
      failed.abort(error);
    },
    phase,
    once: (title, work) =>
      phase(title, 1, async (step) => {
        const result = await work();
        step();
        return result;
      }),
  };
}

/** What is still under way then ends with the process. */
function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    work()
      .then(resolve, reject)
      .finally(() => {
        signal.removeEventListener('abort', abort);
      });
  });
}
