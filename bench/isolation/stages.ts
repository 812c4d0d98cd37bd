import type { Vpc } from '../network.ts';
import { watchReplay } from '../replay-gauge.ts';
import type { Replay } from '../replay-gauge.ts';
import type { Write } from '../vpc-writes.ts';
import type { ApplyTimes } from './apply-times.ts';
import type { IsolationOptions } from './options.ts';
import type { Parts } from './parts.ts';
import { changesToOwe, planLoads } from './plan.ts';
import type { Hosts, Loads } from './plan.ts';
import type { World } from './world.ts';

export interface Experiment {
  readonly options: IsolationOptions;
  readonly hosts: Hosts;
  readonly world: World;
  readonly parts: Parts;
  readonly adminUrl: string;
  /** Messages in replay at which the broker stops delivering. */
  readonly limit: number;
  readonly onFailure: (error: Error) => void;
}

/** The same hosts of the same VPC under the same load, before the others failed and after. */
export interface Comparison {
  readonly healthy: ApplyTimes;
  readonly faulty: ApplyTimes;
}

/** What came of hosts that failed, in a VPC of all hosts. */
export interface Failure {
  readonly times: ApplyTimes;
  /** Copies that the failed hosts were owed: changes that others had a copy of, times failed hosts. */
  readonly owed: number;
  /** Of the VPC's topic, the most that was seen. */
  readonly replay: Replay;
}

const REPLAY_EVERY_MS = 500;
const CATCH_UP_MS = 20_000;
const MORE_TRIES = 5;

/** A VPC of all hosts while everybody is alive: how much can be done, and how long a change takes at the load. */
export async function healthyStage({ options, hosts, world, parts }: Experiment): Promise<{
  vpc: Vpc;
  copyRate: number;
  loads: Loads;
  times: ApplyTimes;
}> {
  const all = [...world.failing, ...world.others];
  const vpc = await parts.vpcOf(all);
  const copyRate = await parts.copyRate(vpc, all);
  const loads = planLoads(options, hosts, copyRate);
  const load = { vpc, ratePerSecond: loads.whole };
  const [writes = []] = await parts.write('load, nobody fails', [load], options.seconds);
  return { vpc, copyRate, loads, times: await parts.times(writes, world.others) };
}

/** Hosts of a VPC that has all its hosts fail at once; the load goes on until they are owed enough. */
export async function vanishStage(
  { options, hosts, world, parts, adminUrl, limit, onFailure }: Experiment,
  vpc: Vpc,
  { whole: ratePerSecond }: Loads,
): Promise<Failure> {
  const replay = watchReplay(adminUrl, world.topics.vpc(vpc.id), { everyMs: REPLAY_EVERY_MS, onFailure });
  world.fail();
  const seconds = Math.max(options.seconds, changesToOwe(options, hosts, limit) / ratePerSecond);
  const [writes = []] = await parts.write('load, many vanish', [{ vpc, ratePerSecond }], seconds);
  const times = await parts.times(writes, world.others);
  return { times, owed: owedOf(world, writes), replay: await replay() };
}

/**
 * A second VPC begins with the hosts that fail and a few others. The hosts fail; when they are owed enough, all other
 * hosts join, and then the same load is put on it as on the first VPC. `beside`: that one goes on meanwhile, and shows
 * what the failure itself does to a VPC of all hosts.
 */
export async function failStage(
  { options, hosts, world, parts, adminUrl, limit, onFailure }: Experiment,
  loads: Loads,
  beside: Vpc | undefined,
): Promise<Failure & { beside: Comparison | undefined; small: Comparison | undefined }> {
  const first = world.others.slice(0, hosts.first);
  const vpc = await parts.vpcOf([...world.failing, ...first]);
  const replay = watchReplay(adminUrl, world.topics.vpc(vpc.id), { everyMs: REPLAY_EVERY_MS, onFailure });
  const smallRate = beside === undefined ? loads.smallAlone : loads.small;
  const both = [
    { vpc, ratePerSecond: smallRate },
    ...(beside === undefined ? [] : [{ vpc: beside, ratePerSecond: loads.beside }]),
  ];
  const load = async (title: string, seconds: number) => {
    const [small = [], large = []] = await parts.write(title, both, seconds);
    return {
      writes: small,
      small: await parts.times(small, first),
      beside: large.length === 0 ? undefined : await parts.times(large, world.others),
    };
  };
  const before =
    beside === undefined ? undefined : await load('weighted load, nobody fails', options.seconds);
  world.fail();
  const after = await load('weighted load, some fail', changesToOwe(options, hosts, limit) / smallRate);
  // Changes that were dispatched together were one copy, so it may take some more.
  let { writes: owing } = after;
  for (let tries = 0; tries < MORE_TRIES && owedOf(world, owing) < options.owed * limit; tries++) {
    const missing = options.owed * limit - owedOf(world, owing);
    const changes = (1.2 * missing) / (hosts.killed + hosts.stopped);
    const more = await load('weighted load, until enough is owed', changes / smallRate);
    owing = [...owing, ...more.writes];
  }
  const owed = owedOf(world, owing);
  await parts.join(vpc, world.others.slice(first.length));
  await parts.catchUp(vpc, world.others, CATCH_UP_MS);
  const whole = { vpc, ratePerSecond: loads.whole };
  const [writes = []] = await parts.write('load, some have failed', [whole], options.seconds);
  return {
    times: await parts.times(writes, world.others),
    owed,
    replay: await replay(),
    beside: compare(before?.beside, after.beside),
    small: compare(before?.small, after.small),
  };
}

function compare(healthy?: ApplyTimes, faulty?: ApplyTimes): Comparison | undefined {
  return healthy === undefined || faulty === undefined ? undefined : { healthy, faulty };
}

/** Changes that were dispatched together are one copy. */
function owedOf({ log, failing, others }: World, writes: readonly Write[]): number {
  const [first] = writes;
  const last = writes.at(-1);
  if (first === undefined || last === undefined) return 0;
  const copies = others.map(({ id }) => {
    const applied = log.of(first.vpcId, id);
    return applied.filter(({ revision }) => revision >= first.revision && revision <= last.revision).length;
  });
  return failing.length * Math.max(...copies);
}
