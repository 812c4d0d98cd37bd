import { expect } from 'chai';
import fc from 'fast-check';
import { openMemoryStore } from '../../adapters/memory/store.ts';
import { keys, scopes } from '../../core/model/keys.ts';
import { emptyReplica, planChanges, planSnapshot, take } from '../../core/model/replica.ts';
import type { Replica } from '../../core/model/replica.ts';
import type { Port } from '../../core/model/resources.ts';
import { compileView, entryFor, isResource, project } from '../../core/model/view.ts';
import type { RecordKey, RecordWrite, Store } from '../../core/store/port.ts';
import { readSnapshot } from '../../core/store/snapshot.ts';
import { port } from '../unit/infra-node/vpc-fixture.ts';

const scope = scopes.vpc('v1');
const hostIds = ['h0', 'h1', 'h2'];

/** A record of any kind that a VPC's log holds; ports are bound on up to two of the hosts, or removed. */
const write: fc.Arbitrary<RecordWrite> = fc
  .oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        id: fc.nat({ max: 5 }),
        hosts: fc.option(fc.uniqueArray(fc.constantFrom(...hostIds), { maxLength: 2 }), { nil: undefined }),
        name: fc.nat().map(String),
      }),
    },
    { weight: 2, arbitrary: fc.record({ other: fc.nat({ max: 2 }), lives: fc.boolean(), name: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ member: fc.constantFrom(...hostIds), lives: fc.boolean() }) },
  )
  .map((drawn): RecordWrite => {
    if ('id' in drawn) {
      const body: Port | undefined = drawn.hosts && port(`p${drawn.id}`, drawn.hosts, drawn.name);
      return { key: keys.port(`p${drawn.id}`), body: body && JSON.stringify(body), logged: true };
    }
    const key: RecordKey = 'member' in drawn ? keys.member(drawn.member) : keys.subnet(String(drawn.other));
    return { key, body: drawn.lives ? JSON.stringify(drawn) : undefined, logged: true };
  });
const commits = fc.array(fc.uniqueArray(write, { selector: ({ key }) => key, minLength: 1, maxLength: 4 }), {
  maxLength: 10,
});
/** How a page is read and sent: what is written before it is asked for, how large it may be, how it is cut. */
const page = fc.record({
  before: commits,
  limit: fc.integer({ min: 1, max: 6 }),
  perPart: fc.integer({ min: 1, max: 3 }),
});

async function commitAll(store: Store, batches: readonly (readonly RecordWrite[])[]): Promise<void> {
  for (const writes of batches) await store.commit({ scope, expect: new Map(), writes });
}

/** The next page of the log as each host gets it; where it has nothing for anybody, nothing is sent. */
async function sendPage(
  store: Store,
  replicas: Map<string, Replica>,
  from: { dispatched: number; sent: number; turn: number },
  { limit, perPart }: { limit: number; perPart: number },
): Promise<void> {
  const { changes, through } = await store.changes(scope, from.dispatched, limit);
  const projections = changes.filter(({ key }) => isResource(key)).map(project);
  from.dispatched = through;
  if (projections.length === 0) return;
  const parts = Math.ceil(projections.length / perPart);
  for (const [hostId, replica] of replicas) {
    let host = replica;
    const entries = projections.flatMap((projection) => entryFor(projection, hostId) ?? []);
    for (let part = 0; part < parts; part++) {
      const header = {
        ...({ kind: 'changes', scope, host: hostId, epoch: 1, incarnation: 1, turn: from.turn } as const),
        ...{ from: from.sent, to: through, part, parts, ask: false },
      };
      const planned = planChanges(host, header, entries.slice(part * perPart, (part + 1) * perPart));
      if (planned.outcome !== 'applied') throw new Error(`part ${part} of ${parts} is ${planned.outcome}`);
      host = take(host, planned);
    }
    replicas.set(hostId, host);
  }
  from.sent = through;
}

describe('a log that is read in pages', () => {
  it('brings every host to its view, however it is cut and whatever is written in between', async () => {
    await fc.assert(
      fc.asyncProperty(commits, fc.array(page, { maxLength: 10 }), async (first, pages) => {
        const store = openMemoryStore();
        await commitAll(store, first);
        const start = await readSnapshot(store, scope);
        const replicas = new Map<string, Replica>();
        for (const hostId of hostIds) {
          const entries = [...compileView(start.records.values(), hostId).values()];
          const empty = emptyReplica(scope, 1);
          const planned = planSnapshot(empty, {
            epoch: 1,
            incarnation: 1,
            revision: start.revision,
            entries,
          });
          if (planned.outcome === 'applied') replicas.set(hostId, take(empty, planned));
        }
        const from = { dispatched: start.revision, sent: start.revision, turn: 1 };
        for (const each of pages) {
          await commitAll(store, each.before);
          await sendPage(store, replicas, from, each);
          from.turn++;
        }
        const { revision: head } = await store.status(scope);
        while (from.dispatched < head) await sendPage(store, replicas, from, { limit: 2, perPart: 2 });
        const { records } = await readSnapshot(store, scope);
        for (const [hostId, replica] of replicas) {
          expect(Object.fromEntries(replica.entries), hostId).to.deep.equal(
            Object.fromEntries(compileView(records.values(), hostId)),
          );
        }
      }),
      { numRuns: Number(process.env['VPCAST_TEST_RUNS'] ?? 500) },
    );
  });
});
