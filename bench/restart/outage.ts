import { until } from '../../local/until.ts';
import type { PulsarService } from '../../scripts/services/pulsar.ts';
import { brokerGauges } from '../broker-gauges.ts';
import { nowMs } from '../open-loop.ts';

export interface Outage {
  readonly killedAtMs: number;
  /** When the broker served again. */
  readonly servingAtMs: number;
  /** When all consumers were back. */
  readonly backAtMs: number;
}

const BACK_MS = 300_000;
const ATTEMPTS = 3;

/**
 * Kills the broker, starts it, and waits until it has as many consumers of the tenant as before. Now and then a broker
 * that was killed does not serve in time, be it that it acquires and loses the lock of its bookie without end
 * (apache/pulsar#17759): such an outage does not count, and is repeated once everybody is back.
 */
export async function outageOf(
  pulsar: PulsarService,
  tenant: string,
  consumers: number,
  signal: AbortSignal,
): Promise<Outage> {
  for (let attempt = 1; ; attempt++) {
    const killedAtMs = nowMs();
    await pulsar.kill('SIGKILL');
    const isServing = await served(pulsar, attempt);
    const servingAtMs = nowMs();
    await untilBack(pulsar, tenant, consumers, signal);
    if (isServing) return { killedAtMs, servingAtMs, backAtMs: nowMs() };
  }
}

/** False = it served only at the second start. */
async function served(pulsar: PulsarService, attempt: number): Promise<boolean> {
  try {
    await pulsar.start();
    return true;
  } catch (error) {
    if (attempt === ATTEMPTS) throw error;
    process.stderr.write('the broker did not serve after it was killed; once more\n');
    await pulsar.start();
    return false;
  }
}

async function untilBack(
  { adminUrl }: PulsarService,
  tenant: string,
  consumers: number,
  signal: AbortSignal,
): Promise<void> {
  let seen = 0;
  const isBack = async (): Promise<boolean> => {
    seen = (await brokerGauges(adminUrl, tenant)).consumers;
    return signal.aborted || seen >= consumers;
  };
  await until(isBack, BACK_MS).catch(() => {
    throw new Error(`${seen} of ${consumers} consumers were back ${BACK_MS} ms after the broker`);
  });
}
