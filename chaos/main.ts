// npm run chaos -- [options]
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureAddon } from '../bench/services.ts';
import { UsageError } from '../bench/usage.ts';
import { readOptions, usage } from './options.ts';
import { runRolling } from './rolling/run.ts';
import { runChaos } from './run.ts';

const SHOWN = 20;

// Everything that was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(`${usage}\n`);
  else process.exitCode = await chaos(options);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}\n`);
  process.exitCode = 2;
}

async function chaos(options: NonNullable<ReturnType<typeof readOptions>>): Promise<number> {
  ensureAddon();
  const dir = await mkdtemp(join(tmpdir(), `vpcast-chaos-${options.seed}-`));
  const beganMs = performance.now();
  const report = (line: string): void => {
    process.stderr.write(`${((performance.now() - beganMs) / 1_000).toFixed(1).padStart(7)} s  ${line}\n`);
  };
  const run = options.rolling ? runRolling : runChaos;
  const { result, passed, findings } = await run(options, dir, report);
  for (const finding of findings.slice(0, SHOWN)) report(finding);
  if (findings.length > SHOWN) report(`and ${findings.length - SHOWN} more`);
  if (passed) await rm(dir, { recursive: true });
  else {
    await writeFile(join(dir, 'result.json'), `${JSON.stringify({ result, findings }, undefined, 2)}\n`);
    report(`failed; logs, state and result.json are in ${dir}`);
  }
  process.stdout.write(`${JSON.stringify(result, undefined, options.json ? undefined : 2)}\n`);
  return passed ? 0 : 1;
}
