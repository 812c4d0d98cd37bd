import { expect } from 'chai';
import fc from 'fast-check';
import { PlatformError } from '../../core/errors.ts';
import { keys, scopes } from '../../core/model/keys.ts';
import { decodeRecord } from '../../core/codec/records.ts';
import type { Member, SlotHolder } from '../../core/model/resources.ts';
import { createPort } from '../../server/rpc/port/create-port.ts';
import { deletePort } from '../../server/rpc/port/delete-port.ts';
import { migratePort } from '../../server/rpc/port/migrate-port.ts';
import { unbindPort } from '../../server/rpc/port/unbind-port.ts';
import { bindPort } from '../../server/rpc/port/bind-port.ts';
import { takeReport } from '../../server/reports/take-report.ts';
import type { ServerDeps } from '../../server/deps.ts';
import { inconsistencies } from '../support/consistency.ts';
import { scheduledStore } from '../support/scheduled-store.ts';
import { controlPlane, makeVpc, request, takeDeps } from '../unit/server/control-plane.ts';
import type { ControlPlane } from '../unit/server/control-plane.ts';
import { makeHosts, makePort, makeSubnet } from '../unit/server/port-fixture.ts';

const scope = scopes.vpc('v1');
const hostIds = ['h0', 'h1', 'h2', 'h3', 'h4', 'h5'];
const portIds = ['p0', 'p1', 'p2', 'p3'];
const limits = { hostsPerPartition: 1, maxPartitions: 4 };

type Call =
  | { readonly kind: 'create' | 'bind' | 'migrate' | 'unbind'; readonly port: string; readonly host: string }
  | { readonly kind: 'delete'; readonly port: string }
  /** Every host that was fenced says so. */
  | { readonly kind: 'report' };

const port = fc.constantFrom(...portIds);
const host = fc.constantFrom(...hostIds);
const call: fc.Arbitrary<Call> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom('create' as const, 'bind' as const, 'migrate' as const, 'unbind' as const),
      port,
      host,
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), port }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('report' as const) }) },
);
const callers = fc.array(fc.array(call, { maxLength: 5 }), { minLength: 2, maxLength: 4 });

/** What a call may say when another was there before it. */
const refusals: ReadonlySet<string> = new Set([
  'not_found',
  'already_exists',
  'failed_precondition',
  'aborted',
]);

async function run(deps: ServerDeps, each: Call): Promise<unknown> {
  switch (each.kind) {
    case 'create':
      return createPort(
        deps,
        request('CreatePort', { port: { id: each.port, vpcId: 'v1' }, hostId: each.host }),
      );
    case 'bind':
      return bindPort(deps, request('BindPort', { portId: each.port, hostId: each.host }));
    case 'migrate':
      return migratePort(deps, request('MigratePort', { portId: each.port, hostId: each.host }));
    case 'unbind':
      return unbindPort(deps, request('UnbindPort', { portId: each.port }));
    case 'delete':
      return deletePort(deps, request('DeletePort', { id: each.port }));
    case 'report':
      return reportLeft(deps);
  }
}

async function reportLeft(deps: ServerDeps): Promise<void> {
  for (const record of await deps.store.list(scope, 'slot', '', 100)) {
    const holder = decodeRecord<SlotHolder>(record)?.value;
    if (holder?.state !== 'draining') continue;
    const { hostId: host, partition, slot, epoch } = holder;
    await takeReport(takeDeps({ deps }), {
      host,
      sentAtMs: 0,
      scopes: [],
      left: [{ scope, partition, slot, epoch }],
    });
  }
}

/** After every commit: no two hosts on one slot, and no partition that the topic does not have. */
async function checkSlots({ store, clusters, deps }: ControlPlane): Promise<void> {
  const records = await store.list(scope, 'member', '', 100);
  const members = records.flatMap((record) => decodeRecord<Member>(record)?.value ?? []);
  const places = members.map(({ partition, slot }) => `${partition}/${slot}`);
  expect(new Set(places).size, places.join()).to.equal(places.length);
  const stats = await clusters[0]?.admin.topicStats(deps.topics.vpc('v1'));
  const [lane] = await store.read(scope, [keys.copiesLane]);
  const { partitions } = JSON.parse(lane?.body ?? '{}') as { partitions: number };
  expect(stats?.partitions).to.be.at.least(partitions);
  for (const { partition } of members) expect(partition).to.be.below(partitions);
}

describe('calls at the same time', function () {
  this.timeout(300_000);

  it('leave the store as if one had come after the other, and grow the topic for more hosts', async () => {
    let grown = 0;
    await fc.assert(
      fc.asyncProperty(callers, fc.scheduler(), async (lists, scheduler) => {
        const plane = await controlPlane(limits);
        await makeVpc(plane);
        await makeSubnet(plane, 's1', '10.0.0.0/28');
        await makeHosts(plane, ...hostIds);
        for (const n of [0, 1]) await makePort(plane, { id: `p${n}` }, { hostId: `h${n}` });
        const checked = {
          ...plane.store,
          commit: async (commit: Parameters<typeof plane.store.commit>[0]) => {
            const outcome = await plane.store.commit(commit);
            await checkSlots(plane);
            return outcome;
          },
        };
        const deps: ServerDeps = { ...plane.deps, store: scheduledStore(checked, scheduler) };
        const all = Promise.all(
          lists.map(async (calls) => {
            for (const each of calls) {
              await run(deps, each).catch((error: unknown) => {
                if (!refusals.has(PlatformError.from(error).code)) throw error;
              });
            }
          }),
        );
        await scheduler.waitFor(all);
        expect(await inconsistencies(plane.store)).to.deep.equal([]);
        const [lane] = await plane.store.read(scope, [keys.copiesLane]);
        if (lane?.body?.includes('"partitions":1}') === false) grown++;
      }),
      { numRuns: Number(process.env['VPCAST_TEST_RUNS'] ?? 60) },
    );
    expect(grown, 'the topic grew while others were at work').to.be.greaterThan(0);
  });
});
