import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../local/until.ts';
import type { PulsarService } from '../../scripts/services/pulsar.ts';
import { brokerGauges } from '../broker-gauges.ts';
import type { BrokerGauges } from '../broker-gauges.ts';
import type { Surroundings } from '../experiment.ts';
import { rounded } from '../statistics.ts';
import { writeSteadily } from '../vpc-writes.ts';
import type { Write } from '../vpc-writes.ts';
import { appliedAtMs, lacking } from './convergence.ts';
import { outageOf } from './outage.ts';
import type { Outage } from './outage.ts';
import type { Platform } from './platform.ts';

export interface ReturnFigures {
  /** At the broker, before. */
  readonly connections: number;
  readonly consumers: number;
  /** From the kill on, like the next. */
  readonly broker_serves_s: number;
  readonly consumers_back_s: number;
}

export interface ConvergenceFigures {
  readonly writes_during_outage: number;
  readonly writes_after: number;
  /** From the kill until every host had what was written before the broker served again. */
  readonly outage_writes_applied_s: number;
  /** From the last write until every host had everything. */
  readonly applied_after_last_write_s: number;
  readonly gaps: number;
}

/** Writes go on for so long after all consumers are back. */
const AFTER_MS = 5_000;
const CONVERGE_MS = 180_000;
/** Once round the VPCs while everything is well, so that every host is known to listen. */
const ROUND_PER_SECOND = 100;

export async function measurePlatform(
  { tenant, client, log, agents, members }: Platform,
  ratePerSecond: number,
  pulsar: PulsarService,
  { signal, once }: Surroundings,
): Promise<ReturnFigures & ConvergenceFigures> {
  const vpcIds = [...members.keys()];
  const applied = async (writes: readonly Write[]): Promise<void> => {
    await until(() => signal.aborted || lacking(log, writes, members) === 0, CONVERGE_MS).catch(() => {
      throw new Error(`${lacking(log, writes, members)} hosts lack a change of a VPC`);
    });
  };
  await once('one change in each VPC', async () => {
    const round = { ratePerSecond: ROUND_PER_SECOND, count: vpcIds.length, signal };
    await applied(await writeSteadily(client, vpcIds, round));
  });
  const before = await brokerGauges(pulsar.adminUrl, tenant);
  const stop = new AbortController();
  const { outage, writes } = await once('the broker restarts under the agents', async () => {
    const writing = writeSteadily(client, vpcIds, {
      ...{ ratePerSecond, count: Infinity },
      signal: AbortSignal.any([signal, stop.signal]),
    });
    writing.catch(() => undefined);
    const over = await outageOf(pulsar, tenant, before.consumers, signal);
    await delay(AFTER_MS, undefined, { signal });
    stop.abort();
    return { outage: over, writes: await writing };
  });
  await once('applied on every host', () => applied(writes));
  const { killedAtMs, servingAtMs } = outage;
  const during = writes.filter(({ answeredAtMs: at }) => at >= killedAtMs && at < servingAtMs);
  const after = writes.filter(({ answeredAtMs: at }) => at >= servingAtMs);
  const lastMs = Math.max(...writes.map(({ answeredAtMs }) => answeredAtMs));
  return {
    ...returnFigures(before, outage),
    writes_during_outage: during.length,
    writes_after: after.length,
    outage_writes_applied_s: seconds(appliedAtMs(log, during, members) - killedAtMs),
    applied_after_last_write_s: seconds(appliedAtMs(log, writes, members) - lastMs),
    gaps: (await agents.totals()).gaps,
  };
}

/** Of consumers that nobody sends anything to. */
export async function measureBare(
  tenant: string,
  pulsar: PulsarService,
  { signal, once }: Surroundings,
): Promise<ReturnFigures> {
  const before = await brokerGauges(pulsar.adminUrl, tenant);
  const outage = await once('the broker restarts under bare consumers', () =>
    outageOf(pulsar, tenant, before.consumers, signal),
  );
  return returnFigures(before, outage);
}

function returnFigures(before: BrokerGauges, { killedAtMs, servingAtMs, backAtMs }: Outage): ReturnFigures {
  return {
    ...before,
    broker_serves_s: seconds(servingAtMs - killedAtMs),
    consumers_back_s: seconds(backAtMs - killedAtMs),
  };
}

function seconds(ms: number): number {
  return rounded(ms / 1_000, 2);
}
