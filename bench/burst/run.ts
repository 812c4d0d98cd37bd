import type { Surroundings } from '../experiment.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { openServices } from '../services.ts';
import { inOrder, percentile, rounded } from '../statistics.ts';
import type { BurstOptions } from './options.ts';
import { burstPerUpdate } from './per-update.ts';
import { burstThroughPlatform } from './through-platform.ts';

export interface BurstFigures {
  readonly experiment: 'burst';
  readonly ports: number;
  readonly hosts: number;
  /** One for each port and each host. */
  readonly host_updates: number;
  /** From the first call until the last host had applied the last port; the median of the rounds. */
  readonly vpcast_s: number;
  readonly vpcast_rounds_s: readonly number[];
  /** Until the last call was answered: every port is in the store by then. The median. */
  readonly answered_s: number;
  readonly host_updates_per_s: number;
  /** One message for each host update, sent by a bare client. */
  readonly per_update_s: number;
  readonly ratio: number;
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

/** Both on the same broker, one after the other. */
export async function runBurst(options: BurstOptions, surroundings: Surroundings): Promise<BurstFigures> {
  const { cleanup, once, dir } = surroundings;
  const services = await once('Pulsar and Redis', async () =>
    cleanup.add(await openServices(dir, {}), (opened) => opened.stop()),
  );
  const bursts = await burstThroughPlatform(options, services, surroundings);
  const perUpdate = await once('one message for each update and host', () =>
    burstPerUpdate(options, services, surroundings),
  );
  const median = (values: readonly number[]): number => percentile(inOrder(values), 0.5);
  const seconds = median(bursts.map((burst) => burst.seconds));
  const hostUpdates = options.ports * options.hosts;
  return {
    experiment: 'burst',
    ports: options.ports,
    hosts: options.hosts,
    host_updates: hostUpdates,
    vpcast_s: rounded(seconds, 2),
    vpcast_rounds_s: bursts.map((burst) => rounded(burst.seconds, 2)),
    answered_s: rounded(median(bursts.map((burst) => burst.answeredSeconds)), 2),
    host_updates_per_s: Math.round(hostUpdates / seconds),
    per_update_s: rounded(perUpdate, 2),
    ratio: rounded(perUpdate / seconds, 1),
    machine: await describeMachine(services.urls),
    commit: await commit(),
    date: new Date().toISOString(),
  };
}
