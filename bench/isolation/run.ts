import { brokerGauges } from '../broker-gauges.ts';
import type { Surroundings } from '../experiment.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { watchProcessorTime } from '../processor-time.ts';
import { lookAheadLimit, readLookAhead } from '../replay-gauge.ts';
import type { LookAhead } from '../replay-gauge.ts';
import { openServices } from '../services.ts';
import type { BenchServices } from '../services.ts';
import { rounded } from '../statistics.ts';
import { together } from './apply-times.ts';
import { comparisonFigures, timesFigures } from './figures.ts';
import type { ComparisonFigures, TimesFigures } from './figures.ts';
import type { IsolationOptions } from './options.ts';
import { Parts } from './parts.ts';
import { planHosts } from './plan.ts';
import type { Hosts, Loads } from './plan.ts';
import { failStage, healthyStage, vanishStage } from './stages.ts';
import type { Experiment, Failure } from './stages.ts';
import { openWorld } from './world.ts';

export interface IsolationFigures extends ComparisonFigures {
  readonly experiment: 'isolation';
  readonly fault: 'killed and stopped' | 'vanished';
  readonly agents: number;
  readonly killed: number;
  readonly stopped: number;
  /** While more was written than could be delivered. */
  readonly copies_per_s: number;
  readonly offered_copies_per_s: number;
  readonly look_ahead: LookAhead;
  /** What the failed hosts were owed, in limits of the broker. */
  readonly owed: number;
  readonly owed_limits: number;
  /** Most messages in the broker's replay queue of the VPC. */
  readonly replay_max: number;
  /** The two parts of `healthy` and `faulty`: while the hosts fail and half of the load goes to another VPC, and after. */
  readonly while_failing: ComparisonFigures | undefined;
  readonly after_failing: ComparisonFigures;
  /** The few others in that other VPC, which has hardly any hosts that do not fail. */
  readonly small_vpc: ComparisonFigures | undefined;
  readonly lane: IsolationOptions['lane'];
  /** Null = there was no control. */
  readonly control_froze: boolean | null;
  /** The same failure without windows and leases. */
  readonly control:
    (TimesFigures & { readonly replay_max: number; readonly backlog_max: number }) | undefined;
  readonly connections: number;
  readonly consumers: number;
  /** Cores that were busy from the failure on, by program. */
  readonly processor: Record<string, number>;
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

/** No windows, and no lease that runs out while the control lasts. */
const UNPROTECTED = { VPCAST_WINDOW_BUDGET: '0', VPCAST_LEASE: '1h' };
/** Of the hosts that did not fail; without the protection it is all of those whose partition the failed hosts share. */
const FROZEN_SHARE = 0.1;
/** A partition with fewer consumers than this has a lower limit. */
const CONSUMERS = 10;

export async function runIsolation(
  options: IsolationOptions,
  surroundings: Surroundings,
): Promise<IsolationFigures> {
  const { dir, cleanup, once } = surroundings;
  const hosts = planHosts(options);
  const services = await once('Pulsar and Redis', async () =>
    cleanup.add(await openServices(dir, {}), (opened) => opened.stop()),
  );
  const lookAhead = await readLookAhead(services.urls.pulsarAdminUrl);
  const limit = lookAheadLimit(lookAhead, CONSUMERS);
  const within = { options, hosts, limit, services, surroundings };
  const { healthy, failure, beside, small, gauges, processor } = await protectedRun(within);
  const control = options.lane === 'fan-out' ? undefined : await controlRun(within, healthy.loads);
  const after = { healthy: healthy.times, faulty: failure.times };
  const whole =
    beside === undefined
      ? after
      : {
          healthy: together(after.healthy, beside.healthy),
          faulty: together(after.faulty, beside.faulty),
        };
  return {
    experiment: 'isolation',
    ...comparisonFigures(whole),
    lane: options.lane,
    control_froze:
      control === undefined ? null : hasFrozen(control, options.agents - hosts.killed - hosts.stopped),
    replay_max: failure.replay.inReplay,
    fault: options.vanish ? 'vanished' : 'killed and stopped',
    agents: options.agents,
    killed: hosts.killed,
    stopped: hosts.stopped,
    copies_per_s: rounded(healthy.copyRate, 1),
    offered_copies_per_s: rounded(healthy.loads.whole * options.agents, 1),
    look_ahead: lookAhead,
    owed: failure.owed,
    owed_limits: rounded(failure.owed / limit, 2),
    while_failing: beside && comparisonFigures(beside),
    after_failing: comparisonFigures(after),
    small_vpc: small && comparisonFigures(small),
    control: control && {
      ...timesFigures(control.times),
      replay_max: control.replay.inReplay,
      backlog_max: control.replay.backlog,
    },
    ...gauges,
    processor,
    machine: await describeMachine(services.urls),
    commit: await commit(),
    date: new Date().toISOString(),
  };
}

function hasFrozen({ times }: Failure, hosts: number): boolean {
  return timesFigures(times).frozen_hosts >= FROZEN_SHARE * hosts;
}

interface Within {
  readonly options: IsolationOptions;
  readonly hosts: Hosts;
  readonly limit: number;
  readonly services: BenchServices;
  readonly surroundings: Surroundings;
}

async function protectedRun(within: Within) {
  const experiment = await open('protected', within, {});
  const { world, adminUrl } = experiment;
  const healthy = await healthyStage(experiment);
  const processorTime = watchProcessorTime([
    ...within.services.processes,
    ...world.processes,
    { name: 'load', pid: process.pid },
  ]);
  const { vanish, lane } = within.options;
  const { beside, small, ...failure } =
    vanish || lane === 'fan-out'
      ? {
          ...(await vanishStage(experiment, healthy.vpc, healthy.loads)),
          beside: undefined,
          small: undefined,
        }
      : await failStage(experiment, healthy.loads, healthy.vpc);
  const processor = processorTime();
  const gauges = await brokerGauges(adminUrl);
  await world.stop();
  return { healthy, failure, beside, small, gauges, processor };
}

/** Agents and programs of their own: nothing of the first run is left to be done. */
async function controlRun(within: Within, loads: Loads): Promise<Failure> {
  const experiment = await open('control', within, UNPROTECTED);
  const { world, parts } = experiment;
  const failure = within.options.vanish
    ? await vanishStage(experiment, await parts.vpcOf([...world.failing, ...world.others]), loads)
    : await failStage(experiment, loads, undefined);
  await world.stop();
  return failure;
}

async function open(
  name: string,
  { options, hosts, limit, services, surroundings }: Within,
  env: Readonly<Record<string, string>>,
): Promise<Experiment> {
  const { onFailure } = surroundings;
  const world = await openWorld(name, options, hosts, services.urls, env, surroundings);
  const parts = new Parts(name, world, surroundings);
  return { options, hosts, world, parts, adminUrl: services.urls.pulsarAdminUrl, limit, onFailure };
}
