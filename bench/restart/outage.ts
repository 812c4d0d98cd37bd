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

/** Kills the broker, starts it, and waits until it has as many consumers of the tenant as before. */
export async function outageOf(
  pulsar: PulsarService,
  tenant: string,
  consumers: number,
  signal: AbortSignal,
): Promise<Outage> {
  const killedAtMs = nowMs();
  await pulsar.kill('SIGKILL');
  await pulsar.start();
  const servingAtMs = nowMs();
  let seen = 0;
  const isBack = async (): Promise<boolean> => {
    seen = (await brokerGauges(pulsar.adminUrl, tenant)).consumers;
    return signal.aborted || seen >= consumers;
  };
  await until(isBack, BACK_MS).catch(() => {
    throw new Error(`${seen} of ${consumers} consumers were back ${BACK_MS} ms after the broker`);
  });
  return { killedAtMs, servingAtMs, backAtMs: nowMs() };
}
