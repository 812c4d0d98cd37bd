// Results that were kept, as pages with pictures; nothing is measured.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../scripts/services/command.ts';
import { attachReport } from './report/attach.ts';
import { burstReport } from './report/burst.ts';
import { fairnessReport } from './report/fairness.ts';
import { isolationReport } from './report/isolation.ts';
import { memoryReport } from './report/memory.ts';
import { multicastReport } from './report/multicast.ts';
import { fileOf, place } from './report/page.ts';
import type { Figures } from './report/page.ts';
import { partialReport } from './report/partial.ts';
import { restartReport } from './report/restart.ts';
import { splitReport } from './report/split.ts';
import { topicsReport } from './report/topics.ts';
import { UsageError } from './usage.ts';

export const reportUsage = `  report FILE...   puts what an experiment printed with --json on its page in docs/benchmarks, with its pictures;
                   the result is kept in docs/benchmarks/results. Measures nothing`;

const directory = fileURLToPath(new URL('../docs/benchmarks/', import.meta.url));

export async function report(args: readonly string[]): Promise<void> {
  if (args.length === 0) throw new UsageError('report takes files that an experiment has printed');
  for (const file of args) {
    const text = await readFile(file, 'utf8');
    await write(figuresOf(file, JSON.parse(text)), text);
  }
}

async function write(figures: Figures, result: string): Promise<void> {
  const { page, name, pictures } = figures;
  const file = `${directory}${page}.md`;
  const before = await readFile(file, 'utf8').catch(() => `# ${page}\n`);
  const kept = `${directory}results/${name}.json`;
  await mkdir(`${directory}results`, { recursive: true });
  await writeFile(kept, result);
  await writeFile(file, place(before, figures));
  for (const [key, { svg }] of Object.entries(pictures)) {
    await writeFile(`${directory}${fileOf(name, key)}`, svg);
  }
  await runCommand('npx', ['prettier', '--write', file, kept]);
  process.stderr.write(`${file}\n`);
}

/** Results are our own, so their shape is trusted. */
function figuresOf(file: string, result: unknown): Figures {
  const { experiment } = result as { readonly experiment?: string };
  const render = new Map<string | undefined, (of: never) => Figures>([
    ['attach', attachReport],
    ['burst', burstReport],
    ['fairness', fairnessReport],
    ['isolation', isolationReport],
    ['memory', memoryReport],
    ['multicast', multicastReport],
    ['partial', partialReport],
    ['restart', restartReport],
    ['split', splitReport],
    ['topics', topicsReport],
  ]).get(experiment);
  if (render === undefined) throw new UsageError(`${file} has no result that has a page`);
  return render(result as never);
}
