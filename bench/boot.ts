// From BindPort to applied and durable on the host, at a steady rate, beside the broker's own publish to receive.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Progress } from '../demo/progress.ts';
import { runBoot } from './boot/run.ts';
import type { BootResult } from './boot/run.ts';
import { readBootOptions } from './boot/options.ts';
import { writeBootReport } from './boot/report.ts';
import { bootTable } from './boot/table.ts';
import { Cleanup } from './cleanup.ts';
import { UsageError } from './usage.ts';

export async function boot(args: readonly string[], signal: AbortSignal): Promise<void> {
  const options = readBootOptions(args);
  const dir = await mkdtemp(join(tmpdir(), 'vpcast-bench-'));
  const cleanup = new Cleanup();
  let result: BootResult;
  try {
    result = await runBoot(options, { dir, cleanup, progress: new Progress(), signal });
  } catch (error) {
    process.stderr.write(`\n${String(error)}\nending what was started\n`);
    await cleanup.run().catch(() => undefined);
    if (signal.aborted || error instanceof UsageError) await rm(dir, { recursive: true, force: true });
    else process.stderr.write(`the logs are in ${dir}\n`);
    throw error;
  }
  await cleanup.run();
  await rm(dir, { recursive: true, force: true });
  if (options.report) await writeBootReport(result, args);
  process.stdout.write(
    options.json ? `${JSON.stringify(result.figures)}\n` : `${bootTable(result.figures)}\n`,
  );
}
