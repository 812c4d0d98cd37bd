import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { keys } from '../../core/model/keys.ts';
import type { Multicast, Port } from '../../core/model/resources.ts';
import type { Fate, LaneKind } from '../support/held-lanes.ts';
import { ReadingWorld } from '../support/reading-world.ts';
import { vpcId, vpcScope } from '../unit/infra-node/vpc-fixture.ts';

const runs = Number(process.env['VPCAST_TEST_RUNS'] ?? 100);
const hostIds = ['h0', 'h1', 'h2', 'h3'];
const portIds = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];
const options = {
  // Two hosts for each partition, so that the lane grows; as soon as there are three if nobody wishes otherwise.
  fanOut: {
    ...{ hosts: 3, hostsPerPartition: 2, halfLifeMs: 60_000, longestRestMs: 0 },
    // So that what concerns some travels as copies to these.
    costs: { copyUs: 100, readUs: 99, publishUs: 0, attachUs: 1 },
  },
  // So that few records make several pages, and parts of them.
  ...{ changesPage: 4, maxPayloadBytes: 700, sendsInFlight: 4, deltaRecords: 12 },
};

type Step =
  | {
      readonly kind: 'bind';
      readonly port: string;
      readonly hosts: readonly string[];
      readonly groups: readonly string[];
    }
  /** Its rules name these groups from now on; undefined = it goes, unless something needs it. */
  | { readonly kind: 'group'; readonly id: string; readonly names: readonly string[] | undefined }
  | { readonly kind: 'delete'; readonly port: string }
  | { readonly kind: 'subnets'; readonly ids: readonly number[]; readonly removed: boolean }
  | { readonly kind: 'wish'; readonly wish: Multicast | undefined }
  | { readonly kind: 'dispatch'; readonly node: number; readonly crashIn: number | undefined }
  | {
      readonly kind: 'deliver';
      readonly host: string;
      readonly lane: LaneKind;
      readonly count: number;
      readonly fate: Fate;
    }
  | { readonly kind: 'lose-reports'; readonly count: number }
  | { readonly kind: 'stop' | 'start'; readonly host: string }
  /** It leaves and comes again, and something is deleted, all of which it may read before it gets any of it another way. */
  | {
      readonly kind: 'come-again';
      readonly host: string;
      readonly port: string;
      readonly isFencedFirst: boolean;
    }
  /** A group of its port changes, and then something for all, which it may read before the copy of the former. */
  | { readonly kind: 'some'; readonly host: string; readonly crashIn: number | undefined }
  /** Agents do what they do by themselves. */
  | { readonly kind: 'wait'; readonly ms: number };

const host = fc.constantFrom(...hostIds);
const someGroups = fc.uniqueArray(fc.constantFrom('g0', 'g1', 'g2'), { maxLength: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('bind' as const),
      port: fc.constantFrom(...portIds),
      hosts: fc.uniqueArray(host, { maxLength: 3 }),
      groups: someGroups,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('group' as const),
      id: fc.constantFrom('g0', 'g1', 'g2'),
      names: fc.option(someGroups, { nil: undefined, freq: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), port: fc.constantFrom(...portIds) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('subnets' as const),
      ids: fc.uniqueArray(fc.nat({ max: 9 }), { minLength: 1, maxLength: 6 }),
      removed: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('wish' as const),
      wish: fc.constantFrom('copies' as const, 'fan-out' as const, undefined),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('dispatch' as const),
      node: fc.nat({ max: 1 }),
      crashIn: fc.option(fc.nat({ max: 25 }), { nil: undefined, freq: 4 }),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      kind: fc.constant('deliver' as const),
      host,
      lane: fc.constantFrom<LaneKind>('own', 'slot', 'slot', 'reader', 'reader'),
      count: fc.integer({ min: 1, max: 6 }),
      fate: fc.constantFrom<Fate>('arrives', 'arrives', 'arrives', 'arrives', 'is lost', 'comes twice'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('lose-reports' as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('come-again' as const),
      host,
      port: fc.constantFrom(...portIds),
      isFencedFirst: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('some' as const),
      host,
      crashIn: fc.option(fc.nat({ max: 25 }), { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('stop' as const, 'start' as const), host }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 8 }) }),
  },
);

async function run(world: ReadingWorld, each: Step, n: number): Promise<void> {
  const { fixture } = world;
  switch (each.kind) {
    case 'bind':
      return world.write(() => fixture.bind(each.port, each.hosts, `version ${n}`, each.groups));
    case 'group':
      return world.write(() => fixture.group(each.id, each.names, `version ${n}`));
    case 'delete':
      return world.write(() => fixture.bind(each.port, undefined));
    case 'subnets':
      return world.write(() =>
        fixture.write(vpcScope, (tx) => {
          for (const id of each.ids.map(String)) {
            if (each.removed) tx.remove(keys.subnet(id));
            else tx.put(keys.subnet(id), { id, version: n, note: 'x'.repeat(100) });
          }
        }),
      );
    case 'wish':
      return world.write(() =>
        fixture.write(vpcScope, (tx) => {
          tx.put(keys.vpc(vpcId), {
            id: vpcId,
            ...(each.wish === undefined ? {} : { multicast: each.wish }),
          });
        }),
      );
    case 'dispatch':
      return world.dispatch(each.node, each.crashIn);
    case 'deliver':
      world.lanes.deliver(each.host, each.lane, each.count, each.fate);
      return delay(0);
    case 'lose-reports':
      world.lostReports += each.count;
      return;
    case 'come-again': {
      await world.write(() => fixture.bind('last', [], `version ${n}`));
      await world.settle();
      for (const { body = '' } of await fixture.store.list(vpcScope, 'port', '', 100)) {
        const { id, bindings } = JSON.parse(body) as Port;
        const hosts = bindings.map(({ hostId }) => hostId).filter((id) => id !== each.host);
        await world.write(() => fixture.bind(id, hosts, `version ${n}`));
      }
      await world.dispatch(0);
      await world.write(() => fixture.bind('again', [each.host]));
      await world.dispatch(0);
      await world.write(() => fixture.bind(each.port, undefined));
      await world.dispatch(0);
      for (const lane of ['reader', ...(each.isFencedFirst ? (['slot'] as const) : []), 'own'] as const) {
        world.lanes.deliver(each.host, lane, 100);
        await delay(3);
      }
      return;
    }
    case 'some': {
      await world.write(() => fixture.group('g0', [], `version ${n}`));
      await world.write(() => fixture.bind('some', [each.host], `version ${n}`, ['g0']));
      await world.dispatch(0);
      world.lanes.deliver(each.host, 'reader', 100);
      await delay(3);
      await world.write(() => fixture.group('g0', [], `version ${n}, changed`));
      await world.dispatch(0, each.crashIn);
      await world.write(() => fixture.bind('last', [], `version ${n}`));
      await world.dispatch(0);
      world.lanes.deliver(each.host, 'reader', 100);
      return delay(3);
    }
    case 'stop':
      return world.stop(each.host);
    case 'start':
      return world.start(each.host);
    case 'wait':
      return delay(each.ms);
  }
}

describe('hosts that get copies and read along', function () {
  this.timeout(600_000);

  it('end with what is there, however both lanes lose, repeat and overtake, and nothing comes back', async () => {
    const seen = { fanOuts: 0, tails: 0, promoted: 0, demoted: 0, copies: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80 }), async (steps) => {
        const world = new ReadingWorld(options);
        try {
          await world.prepare(hostIds);
          // All take part to begin with, and have heard of the lane.
          await world.write(() => allJoin(world));
          await world.settle();
          for (const [n, each] of steps.entries()) await run(world, each, n);
          // What was lost at the end of a lane shows with the next message.
          await world.write(() => world.fixture.bind('last', [], 'for all'));
          await world.settle();
          expect(world.resurrected).to.deep.equal([]);
          for (const counter of Object.keys(seen) as (keyof typeof seen)[])
            seen[counter] += world.sum(counter);
        } finally {
          await world.close();
        }
      }),
      // What never comes is waited for, so making a failure smaller would take very long.
      { numRuns: runs, endOnFailure: true },
    );
    for (const [counter, count] of Object.entries(seen)) expect(count, counter).to.be.greaterThan(runs / 10);
  });
});

async function allJoin({ fixture }: ReadingWorld): Promise<void> {
  for (const [i, id] of hostIds.entries()) await fixture.bind(`p${i}`, [id]);
}
