// npm run bench -- <experiment> [--json] [...]
import { attach } from './attach.ts';
import { attachUsage } from './attach/options.ts';
import { boot } from './boot.ts';
import { bootUsage } from './boot/options.ts';
import { burst } from './burst.ts';
import { burstUsage } from './burst/options.ts';
import { fairness } from './fairness.ts';
import { fairnessUsage } from './fairness/options.ts';
import { memory } from './memory.ts';
import { memoryUsage } from './memory/options.ts';
import { multicast } from './multicast.ts';
import { multicastUsage } from './multicast/options.ts';
import { isolation } from './isolation.ts';
import { isolationUsage } from './isolation/options.ts';
import { partial } from './partial.ts';
import { partialUsage } from './partial/options.ts';
import { report, reportUsage } from './report.ts';
import { restart } from './restart.ts';
import { restartUsage } from './restart/options.ts';
import { scale } from './scale.ts';
import { scaleUsage } from './scale/options.ts';
import { split } from './split.ts';
import { splitUsage } from './split/options.ts';
import { topics } from './topics.ts';
import { topicsUsage } from './topics/options.ts';
import { UsageError } from './usage.ts';

const usage = `usage: npm run bench -- <experiment> [options]
${attachUsage}
${bootUsage}
${multicastUsage}
${burstUsage}
${fairnessUsage}
${isolationUsage}
${memoryUsage}
${partialUsage}
${restartUsage}
${scaleUsage}
${splitUsage}
${topicsUsage}
${reportUsage}
options of all: --json  one JSON object on standard output, and nothing else there
The Pulsar and Redis of VPCAST_PULSAR_URL, VPCAST_PULSAR_ADMIN_URL and VPCAST_REDIS_URL; without these, fresh ones.`;

type Experiment = (args: readonly string[], signal: AbortSignal) => Promise<void>;

const experiments: ReadonlyMap<string, Experiment> = new Map([
  ['attach', attach],
  ['boot', boot],
  ['fairness', fairness],
  ['burst', burst],
  ['isolation', isolation],
  ['memory', memory],
  ['multicast', multicast],
  ['partial', partial],
  ['report', report],
  ['restart', restart],
  ['scale', scale],
  ['split', split],
  ['topics', topics],
]);

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Whatever is left ends with this process.
    if (stop.signal.aborted) process.exit(1);
    process.stderr.write('\nstopping; again to stop at once\n');
    stop.abort(new Error(`stopped by ${signal}`));
  });
}

try {
  const [name = '', ...args] = process.argv.slice(2);
  const experiment = experiments.get(name);
  if (experiment === undefined) throw new UsageError(`there is no experiment ${JSON.stringify(name)}`);
  await experiment(args, stop.signal);
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`${error.message}\n\n${usage}\n`);
    process.exitCode = 2;
  } else {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  }
}
// What was under way when the work was called off may still hold something open.
process.exit();
