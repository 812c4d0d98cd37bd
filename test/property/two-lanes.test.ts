import { expect } from 'chai';
import fc from 'fast-check';
import { openMemoryStore } from '../../adapters/memory/store.ts';
import { memoryJournal } from '../../agent/journal/memory-journal.ts';
import { encodeEntry } from '../../core/codec/entries.ts';
import { encodeHeader, packPayloads } from '../../core/codec/envelope.ts';
import type { Header } from '../../core/codec/envelope.ts';
import type { OutgoingMessage, SlotAddress } from '../../core/messaging/port.ts';
import { scopes } from '../../core/model/keys.ts';
import type { Entry } from '../../core/model/view.ts';
import type { RecordKey, RecordWrite, Store } from '../../core/store/port.ts';
import { readSnapshot } from '../../core/store/snapshot.ts';
import { World, assignmentOf, eventually, hostLane, me, slotOfAssignment } from '../unit/agent/fixture.ts';

const scope = scopes.vpc('a');
const assignment = assignmentOf('a', 1);
const slot = slotOfAssignment(assignment);
const stamp = { scope, host: me, epoch: 1, incarnation: 1 } as const;

const write: fc.Arbitrary<RecordWrite> = fc.record({
  key: fc.nat({ max: 5 }).map((id): RecordKey => `port/${id}`),
  body: fc.option(
    fc.nat().map((note) => JSON.stringify({ id: 'x', note })),
    { nil: undefined },
  ),
  logged: fc.constant(true),
});
const commits = fc.array(fc.uniqueArray(write, { selector: ({ key }) => key, minLength: 1, maxLength: 3 }), {
  maxLength: 8,
});
const trials = fc.record({
  before: commits,
  /** One of these after each page that the snapshot is read in. */
  during: commits,
  after: commits,
  page: fc.integer({ min: 1, max: 4 }),
  bytes: fc.integer({ min: 40, max: 400 }),
  /** Which lane speaks next: true = the host's own, as long as it has something to say. */
  order: fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
  /** After which message of both lanes how many of the last ones of its lane are sent again. */
  repeats: fc.array(fc.tuple(fc.nat({ max: 30 }), fc.integer({ min: 1, max: 5 })), { maxLength: 4 }),
  /** After how many messages the agent starts, and after how many it is restarted. */
  starts: fc.nat({ max: 12 }),
  restarts: fc.nat({ max: 25 }),
});
type Trial = typeof trials extends fc.Arbitrary<infer T> ? T : never;

interface Sent {
  readonly address: SlotAddress;
  readonly message: OutgoingMessage;
}

function pack(
  address: SlotAddress,
  entries: readonly Entry[],
  bytes: number,
  header: (part: { part: number; parts: number }) => Header,
): Sent[] {
  const isJoin = address === hostLane;
  const payloads = packPayloads(entries.map(encodeEntry), isJoin ? assignment : undefined, bytes);
  return payloads.map((payload, part) => {
    const properties = encodeHeader(header({ part, parts: payloads.length }));
    return { address, message: { properties, payload } };
  });
}

async function commitAll(store: Store, batches: readonly (readonly RecordWrite[])[]): Promise<void> {
  for (const writes of batches) await store.commit({ scope, expect: new Map(), writes });
}

/** The join as a dispatcher sends it that reads the VPC while others write to it, and what it sends behind. */
async function lanesOf(
  store: Store,
  { before, during, after, page, bytes }: Trial,
): Promise<readonly [Sent[], Sent[]]> {
  await commitAll(store, before);
  const waiting = [...during];
  const busy: Store = {
    ...store,
    changes: async (...args) => {
      const result = await store.changes(...args);
      await commitAll(store, waiting.splice(0, 1));
      return result;
    },
  };
  const { revision: joined, records } = await readSnapshot(busy, scope, page);
  const hostMessages = pack(hostLane, [...records.values()], bytes, (part) => ({
    kind: 'snapshot',
    ...stamp,
    to: joined,
    turn: 1,
    ...part,
  }));
  await commitAll(store, [...waiting, ...after]);
  const copies: Sent[] = [];
  const { revision: head } = await store.status(scope);
  for (let from = joined, turn = 2; from < head; turn++) {
    const { changes, through: to } = await store.changes(scope, from, page);
    const range = { from, to, turn, ask: false };
    copies.push(...pack(slot, changes, bytes, (part) => ({ kind: 'changes', ...stamp, ...range, ...part })));
    from = to;
  }
  return [hostMessages, copies];
}

/** Both lanes in one order; each keeps its own, but for what is sent again. */
function interleave([host, copies]: readonly [Sent[], Sent[]], { order, repeats }: Trial): Sent[] {
  const lanes: readonly [Sent[], Sent[]] = [[...host], [...copies]];
  const sent: Sent[] = [];
  for (let n = 0; lanes[0].length + lanes[1].length > 0; n++) {
    const [first, second] = order[n % order.length] === true ? lanes : ([lanes[1], lanes[0]] as const);
    const next = first.shift() ?? second.shift();
    if (next === undefined) break;
    sent.push(next);
    for (const [at, count] of repeats) {
      if (at === n) sent.push(...sent.filter(({ address }) => address === next.address).slice(-count));
    }
  }
  return sent;
}

describe('a host that joins while others write', function () {
  this.timeout(300_000);

  it('ends with what is there, from a snapshot on one lane and copies on another in any order', async () => {
    await fc.assert(
      fc.asyncProperty(trials, async (trial) => {
        const store = openMemoryStore();
        const stream = interleave(await lanesOf(store, trial), trial);
        const world = await World.create();
        try {
          const start = () => world.agent({ openJournal: memoryJournal(world.disk) });
          let agent = trial.starts === 0 ? await start() : undefined;
          for (const [n, { address, message }] of stream.entries()) {
            await world.cluster.bus.sendToSlot(address, message);
            if (n === trial.starts) agent ??= await start();
            if (n === trial.restarts && agent !== undefined) {
              await agent.close();
              agent = await start();
            }
          }
          const running = agent ?? (await start());
          const { revision: head, records } = await readSnapshot(store, scope);
          // A range in parts with the join sent again in its middle is a hole, which is said and answered.
          let asked = 0;
          await eventually(async () => {
            const said = running.scopes().find((each) => each.scope === scope);
            if (said?.needsSnapshot === true && asked++ === 0) {
              const entries = [...records.values()];
              const position = { ...stamp, to: head, turn: 1_000 };
              const answer = pack(slot, entries, trial.bytes, (part) => ({
                kind: 'snapshot',
                ...position,
                ...part,
              }));
              for (const { message } of answer) await world.cluster.bus.sendToSlot(slot, message);
            }
            return said?.revision === head;
          });
          const expected = [...records.values()].sort((one, two) => (one.key < two.key ? -1 : 1));
          const held = [...(running.view('a') ?? [])].map(([, entry]) => entry);
          expect(held.sort((one, two) => (one.key < two.key ? -1 : 1))).to.deep.equal(expected);
          if (trial.repeats.length === 0) {
            expect(running.counters.gaps, 'no copy comes before its snapshot').to.equal(0);
          }
          await eventually(
            async () => (await world.backlog(assignment.lane.topic)) === 0,
            'all acknowledged',
          );
        } finally {
          await world.close();
        }
      }),
      // What never comes is waited for, so making a failure smaller would take very long.
      { numRuns: Number(process.env['VPCAST_TEST_RUNS'] ?? 150), endOnFailure: true },
    );
  });
});
