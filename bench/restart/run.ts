import type { Surroundings } from '../experiment.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { openServices } from '../services.ts';
import { rounded } from '../statistics.ts';
import { UsageError } from '../usage.ts';
import { startBare } from './bare.ts';
import { measureBare, measurePlatform } from './measure.ts';
import type { ConvergenceFigures, ReturnFigures } from './measure.ts';
import type { RestartOptions } from './options.ts';
import { planConsumers, planMemberships } from './plan.ts';
import { openPlatform } from './platform.ts';

export interface RestartFigures extends ReturnFigures, ConvergenceFigures {
  readonly experiment: 'restart';
  readonly agents: number;
  readonly vpcs: number;
  readonly processes: number;
  /** The bare client library after the same restart. */
  readonly raw: ReturnFigures;
  /** From the kill until all consumers were back, against raw. */
  readonly ratio: number;
  /** From the moment that the broker served until all consumers were back, against raw. */
  readonly ratio_since_serving: number;
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

const SEED = 20_242;

export async function runRestart(
  options: RestartOptions,
  surroundings: Surroundings,
): Promise<RestartFigures> {
  const { dir, cleanup, onFailure, once } = surroundings;
  const { agents, vpcsPerHost, hostsPerVpc, workers, clients, rate } = options;
  const { urls, pulsar } = await once('Pulsar and Redis', async () =>
    cleanup.add(await openServices(dir, {}), (opened) => opened.stop()),
  );
  if (pulsar === undefined)
    throw new UsageError('restart ends the broker, so it takes none that somebody else runs');
  const memberships = planMemberships({ hosts: agents, vpcsPerHost, hostsPerVpc, seed: SEED });
  const platform = await openPlatform(options, memberships, urls, surroundings);
  const own = await measurePlatform(platform, rate, pulsar, surroundings);
  await platform.stop();
  const bare = await once('bare consumers', async () => {
    const plan = planConsumers(memberships, agents);
    const started = await startBare({ dir, services: urls, ...plan, workers, clients, onFailure });
    return cleanup.add(started, (opened) => opened.stop());
  });
  const raw = await measureBare(bare.tenant, pulsar, surroundings);
  const sinceServing = ({ consumers_back_s, broker_serves_s }: ReturnFigures): number =>
    consumers_back_s - broker_serves_s;
  return {
    experiment: 'restart',
    agents,
    vpcs: memberships.length,
    processes: workers,
    ...own,
    raw,
    ratio: rounded(own.consumers_back_s / raw.consumers_back_s, 2),
    ratio_since_serving: rounded(sinceServing(own) / sinceServing(raw), 2),
    machine: await describeMachine(urls),
    commit: await commit(),
    date: new Date().toISOString(),
  };
}
