import { openControlClient } from '../adapters/grpc/client.ts';
import { pause } from '../core/retry.ts';
import { Faults } from './faults/run-plan.ts';
import type { ChaosOptions } from './options.ts';
import { hasPassed, resultOf } from './result.ts';
import type { Result } from './result.ts';
import { planFaults } from './schedule/plan.ts';
import { Stage } from './stage.ts';
import type { Report } from './stage.ts';
import { callUntilKnown } from './workload/call.ts';

export interface Run<R extends object> {
  readonly result: R;
  readonly passed: boolean;
  /** What is wrong, one line each. */
  readonly findings: readonly string[];
}

const CALLERS = 16;
/** How long a write is tried for: longer than any fault lasts. */
const PATIENCE_MS = 60_000;

/** One run with faults, in a directory of its own. `report` gets the progress. */
export async function runChaos(options: ChaosOptions, dir: string, report: Report): Promise<Run<Result>> {
  const { seed, minutes } = options;
  const stage = await Stage.open(options, dir, report);
  // Without repeats of its own: the workload has to know of each attempt.
  const clients = stage.testbed.addresses.map((address) =>
    openControlClient({ addresses: address, retry: { attempts: 1 } }),
  );
  try {
    const faults = new Faults(stage.testbed, report);
    const { workload, verdict } = await stage.play(
      {
        callers: CALLERS,
        call: (operation, requestId, number) =>
          callUntilKnown(clients, operation, { requestId, first: number, patienceMs: PATIENCE_MS }),
        isDisturbed: () => faults.areAtWork,
      },
      async () => {
        await Promise.all([faults.run(planFaults(seed, minutes)), pause(minutes * 60_000)]);
      },
    );
    const result = resultOf({
      ...{ minutes, faults: faults.done, writes_during_faults: workload.counts.whileDisturbed },
      ...verdict.figures,
    });
    return { result, passed: hasPassed(result), findings: verdict.findings };
  } finally {
    for (const client of clients) client.close();
    await stage.close();
  }
}
