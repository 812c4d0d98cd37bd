import { openControlClient } from '../../adapters/grpc/client.ts';
import { pause } from '../../core/retry.ts';
import { until } from '../../local/until.ts';
import type { ChaosOptions } from '../options.ts';
import type { Run } from '../run.ts';
import { Stage } from '../stage.ts';
import type { Report } from '../stage.ts';
import { callOnce } from '../workload/call.ts';
import { rollingHasPassed, rollingResultOf } from './result.ts';
import type { RollingResult } from './result.ts';
import { RollingRestarts } from './restarts.ts';

/** At 200 writes a second a call may then take 0.3 s before the rate suffers. */
const CALLERS = 60;
/** Of writing before the first restart, until the workload has nearly found its balance and nothing is cold any more. */
const LEAD_IN_MS = { least: 30_000, most: 120_000 };
/** After the last restart. */
const LEAD_OUT_MS = 5_000;

/** One run with restarts of every program, in a directory of its own. `report` gets the progress. */
export async function runRolling(
  options: ChaosOptions,
  dir: string,
  report: Report,
): Promise<Run<RollingResult>> {
  const stage = await Stage.open(options, dir, report);
  const absorbed: Record<string, number> = {};
  // As any client does: one target with both servers, and the repeats of the contract's service config.
  const client = openControlClient({
    addresses: `ipv4:${stage.testbed.addresses.join(',')}`,
    onRepeat: ({ code }) => {
      absorbed[code] = (absorbed[code] ?? 0) + 1;
    },
  });
  try {
    const restarts = new RollingRestarts(stage.testbed, report);
    let seconds = 0;
    let writes = 0;
    const { workload, verdict } = await stage.play(
      {
        callers: CALLERS,
        call: (operation, requestId) => callOnce(client, operation, requestId),
        isDisturbed: () => restarts.isAtWork,
      },
      async (counts) => {
        await pause(LEAD_IN_MS.least);
        await until(() => stage.world.isGrown, LEAD_IN_MS.most);
        const before = counts.acknowledged;
        const beganMs = performance.now();
        await restarts.run();
        await pause(LEAD_OUT_MS);
        seconds = (performance.now() - beganMs) / 1_000;
        writes = counts.acknowledged - before;
      },
    );
    const { counts } = workload;
    const result = rollingResultOf({
      ...verdict.figures,
      agent_processes: options.workers,
      seconds: Math.round(seconds),
      writes_per_second: Math.round(writes / seconds),
      writes_during_restarts: counts.whileDisturbed,
      restarts: restarts.figures,
      bad_ends: restarts.findings.length,
      errors_absorbed: absorbed,
      calls_failed: counts.refused + counts.unknown,
    });
    const findings = [...restarts.findings, ...verdict.findings];
    return { result, passed: rollingHasPassed(result), findings };
  } finally {
    client.close();
    await stage.close();
  }
}
