import { expect } from 'chai';
import fc from 'fast-check';
import type { ChangesHeader } from '../../../core/codec/envelope.ts';
import { digestOf } from '../../../core/model/digest.ts';
import { scopes } from '../../../core/model/keys.ts';
import { emptyReplica, planChanges, planSnapshot, take } from '../../../core/model/replica.ts';
import type { Planned, Position, Replica, Snapshot } from '../../../core/model/replica.ts';
import type { Entry } from '../../../core/model/view.ts';
import type { RecordKey } from '../../../core/store/port.ts';

const scope = scopes.vpc('a');

/** What was committed, one record each; the index + 1 is the revision. */
type History = readonly { readonly key: RecordKey; readonly lives: boolean; readonly note?: string }[];
type Message =
  | { readonly kind: 'changes'; readonly header: ChangesHeader; readonly entries: readonly Entry[] }
  | { readonly kind: 'snapshot'; readonly revision: number; readonly entries: readonly Entry[] };

/** The newest version at `to` of each record changed after `from`, removals included. */
function log(history: History, from: number, to: number): Entry[] {
  const newest = new Map<RecordKey, Entry>();
  history.slice(from, to).forEach(({ key, lives, note = '' }, i) => {
    const revision = from + i + 1;
    newest.delete(key);
    newest.set(key, { key, revision, body: lives ? `${note}{"at":${revision}}` : undefined });
  });
  return [...newest.values()];
}

function viewAt(history: History, revision: number): Map<RecordKey, Entry> {
  const live = log(history, 0, revision).filter((entry) => entry.body !== undefined);
  return new Map(live.map((entry) => [entry.key, entry]));
}

let turns = 1;

/** Sent by a turn of its own. */
function changes(history: History, from: number, to: number, perPart: number): Message[] {
  const entries = log(history, from, to);
  const parts = Math.max(1, Math.ceil(entries.length / perPart));
  const turn = turns++;
  return Array.from({ length: parts }, (_, part) => ({
    kind: 'changes',
    header: {
      ...{ kind: 'changes', scope, host: 'h', epoch: 1, incarnation: 1 },
      ...{ turn, from, to, ask: false, part, parts },
    },
    entries: entries.slice(part * perPart, (part + 1) * perPart),
  }));
}

function snapshot(history: History, revision: number): Message {
  return { kind: 'snapshot', revision, entries: [...viewAt(history, revision).values()] };
}

/** A replica that takes over whatever is planned, in place. */
type Host = Replica & { -readonly [K in keyof Position]: Position[K] };

function taken(host: Host, planned: Planned): Planned {
  if (planned.outcome === 'applied') Object.assign(host, take(host, planned));
  return planned;
}

const applyChanges = (host: Host, header: ChangesHeader, entries: readonly Entry[]): Planned =>
  taken(host, planChanges(host, header, entries));
const applySnapshot = (host: Host, snapshot: Snapshot): Planned => taken(host, planSnapshot(host, snapshot));

function receive(replica: Host, message: Message): Planned {
  if (message.kind === 'changes') return applyChanges(replica, message.header, message.entries);
  return applySnapshot(replica, { epoch: 1, incarnation: 1, ...message });
}

/** Each key is as at the replica's revision, unless a part of what is ahead of it has come already. */
function expectConsistent(replica: Replica, history: History): void {
  const view = viewAt(history, replica.revision);
  const ahead = new Set(history.slice(replica.revision).map(({ key }) => key));
  for (const key of new Set([...view.keys(), ...replica.entries.keys()])) {
    const held = replica.entries.get(key);
    if (held === undefined ? ahead.has(key) : held.revision > replica.revision) continue;
    expect(held, `${key} at ${replica.revision}`).to.deep.equal(view.get(key));
  }
}

const histories = fc.array(
  fc.record({
    key: fc.constantFrom<RecordKey[]>('port/a', 'port/b', 'port/c', 'subnet/d'),
    lives: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

/** Any messages that could ever have been sent about a history, in any order, any number of times. */
const chaos = histories.chain((history) => {
  const revision = fc.integer({ min: 0, max: history.length });
  const range = fc
    .tuple(revision, revision, fc.integer({ min: 1, max: 3 }))
    .map(([one, two, perPart]) => changes(history, Math.min(one, two), Math.max(one, two), perPart));
  const sent = fc.oneof(
    { weight: 4, arbitrary: range },
    { weight: 1, arbitrary: revision.map((at) => [snapshot(history, at)]) },
  );
  return fc
    .array(sent, { minLength: 1, maxLength: 12 })
    .map((messages) => messages.flat())
    .chain((pool) =>
      fc.record({
        history: fc.constant(history),
        stream: fc.array(fc.constantFrom(...pool), { maxLength: 40 }),
        late: fc.array(fc.constantFrom(...pool), { maxLength: 10 }),
      }),
    );
});

/** A chain cut into ranges, from a snapshot to the head, as it lies in a slot. */
const chains = histories.chain((history) =>
  fc.record({
    history: fc.constant(history),
    cuts: fc.uniqueArray(fc.integer({ min: 0, max: history.length }), { minLength: 1, maxLength: 8 }),
    perPart: fc.integer({ min: 1, max: 3 }),
    rewinds: fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 5 }),
  }),
);

/** A store that lost its tail after the host had followed it, and has gone past where the host is. */
const lostTails = fc.tuple(histories, histories, fc.nat(25), fc.nat(25)).map(([lost, rest, cut, seen]) => {
  const kept = lost.slice(0, Math.min(cut, seen, lost.length));
  const history = [...kept, ...rest.map((commit) => ({ ...commit, note: 'anew ' }))];
  return { lost, history, seen: Math.min(seen, lost.length, history.length) };
});

describe('replica', () => {
  it('is right up to its revision whatever comes, and whole after a snapshot of the head', () => {
    fc.assert(
      fc.property(chaos, ({ history, stream, late }) => {
        const replica = emptyReplica(scope, 1);
        for (const message of stream) {
          const before = replica.revision;
          const { outcome } = receive(replica, message);
          if (outcome !== 'applied') expect(replica.revision).to.equal(before);
          expect(replica.digest).to.equal(digestOf(replica.entries.values()));
          expect(replica.revision).to.be.at.least(before);
          expectConsistent(replica, history);
        }
        const head = history.length;
        receive(replica, snapshot(history, head));
        for (const message of late) receive(replica, message);
        expect(replica.revision).to.equal(head);
        expect(sorted(replica)).to.deep.equal(sorted({ entries: viewAt(history, head) }));
        expect(replica.digest).to.equal(digestOf(viewAt(history, head).values()));
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes nothing of an overtaken turn between the parts of a newer one', () => {
    const replica = emptyReplica(scope, 1);
    const history: History = [
      { key: 'port/a', lives: true },
      { key: 'port/a', lives: false },
      { key: 'port/b', lives: true },
    ];
    const [early] = changes(history, 0, 1, 9);
    const [first, second] = changes(history, 0, 3, 1);
    receive(replica, snapshot(history, 0));
    if (early === undefined || first === undefined || second === undefined) throw new Error('no parts');
    expect(receive(replica, first).outcome).to.equal('applied');
    expect(receive(replica, early).outcome).to.equal('stale');
    expect(receive(replica, second).outcome).to.equal('applied');
    expect(sorted(replica)).to.deep.equal(sorted({ entries: viewAt(history, 3) }));
  });

  it('follows a chain without a gap however often it is sent again from an earlier point', () => {
    fc.assert(
      fc.property(chains, ({ history, cuts, perPart, rewinds }) => {
        const points = [...cuts].sort((one, two) => one - two);
        const start = points[0] ?? 0;
        const messages = [snapshot(history, start)];
        for (let i = 1; i < points.length; i++) {
          messages.push(...changes(history, points[i - 1] ?? 0, points[i] ?? 0, perPart));
        }
        const stream = [...messages];
        for (const [at, back] of rewinds) {
          const end = at % messages.length;
          const from = Math.max(0, end - back);
          // Only what was delivered before comes again.
          const delivered = stream.lastIndexOf(messages[end] ?? messages[0]!);
          stream.splice(delivered + 1, 0, ...messages.slice(from, end + 1));
        }
        const replica = emptyReplica(scope, 1);
        for (const message of stream) {
          expect(receive(replica, message).outcome).not.to.equal('gap');
          expectConsistent(replica, history);
        }
        const head = points.at(-1) ?? 0;
        expect(replica.revision).to.equal(head);
        expect(sorted(replica)).to.deep.equal(sorted({ entries: viewAt(history, head) }));
      }),
      { numRuns: 1_000 },
    );
  });

  it('notices every loss in a chain at the first message behind it', () => {
    fc.assert(
      fc.property(chains, fc.nat(), ({ history, cuts, perPart }, pick) => {
        const points = [...cuts].sort((one, two) => one - two);
        const messages: Message[] = [snapshot(history, points[0] ?? 0)];
        for (let i = 1; i < points.length; i++) {
          messages.push(...changes(history, points[i - 1] ?? 0, points[i] ?? 0, perPart));
        }
        if (messages.length < 3) return;
        const lost = 1 + (pick % (messages.length - 2));
        const replica = emptyReplica(scope, 1);
        const outcomes = messages
          .filter((_, i) => i !== lost)
          .map((message) => receive(replica, message).outcome);
        expect(outcomes.indexOf('gap')).to.equal(lost);
      }),
    );
  });

  it('is as a snapshot says, whatever of its revisions it had seen with other contents', () => {
    fc.assert(
      fc.property(lostTails, fc.nat(), ({ lost, history, seen }, pick) => {
        const replica = emptyReplica(scope, 1);
        receive(replica, snapshot(lost, seen));
        const followed = seen + (pick % (history.length - seen + 1));
        for (const message of changes(history, seen, followed, 2)) receive(replica, message);
        const planned = receive(replica, snapshot(history, history.length));
        expect(sorted(replica)).to.deep.equal(sorted({ entries: viewAt(history, history.length) }));
        expect(replica.digest).to.equal(digestOf(replica.entries.values()));
        expect(planned.outcome).to.equal('applied');
        // What it holds already is not programmed again.
        expect(receive(replica, snapshot(history, history.length))).to.deep.include({ changed: [] });
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps what a part of a later range has said when a snapshot comes', () => {
    const replica = emptyReplica(scope, 1);
    const history: History = [
      { key: 'port/a', lives: true },
      { key: 'port/b', lives: true },
      { key: 'port/a', lives: true },
      { key: 'port/b', lives: true },
    ];
    const [part] = changes(history, 1, 4, 1);
    if (part === undefined) throw new Error('no part');
    receive(replica, snapshot(history, 1));
    receive(replica, part);
    receive(replica, snapshot(history, 2));
    expect(sorted(replica).map(({ revision }) => revision)).to.deep.equal([3, 2]);
  });

  it('takes a newer assignment or incarnation only by a snapshot, which replaces everything', () => {
    const replica = emptyReplica(scope, 1);
    const entry = (key: RecordKey, revision: number): Entry => ({ key, revision, body: '{}' });
    applySnapshot(replica, { epoch: 1, incarnation: 1, revision: 9, entries: [entry('port/a', 9)] });
    const header = {
      kind: 'changes',
      scope,
      host: 'h',
      turn: 1,
      from: 0,
      to: 20,
      ask: false,
      part: 0,
      parts: 1,
    } as const;
    const newer = { ...header, epoch: 2, incarnation: 1 };
    expect(applyChanges(replica, newer, []).outcome).to.equal('gap');
    expect(applyChanges(replica, { ...newer, epoch: 1, incarnation: 2 }, []).outcome).to.equal('gap');
    const rolledBack = { epoch: 1, incarnation: 2, revision: 4, entries: [entry('port/b', 4)] };
    expect(applySnapshot(replica, rolledBack).outcome).to.equal('applied');
    expect([...replica.entries.keys()]).to.deep.equal(['port/b']);
    expect(replica.digest).to.equal(digestOf([entry('port/b', 4)]));
    expect(applySnapshot(replica, { ...rolledBack, incarnation: 1, revision: 30 }).outcome).to.equal('stale');
  });

  it('does not go back to the snapshot of a newer assignment when it has read along beyond it', () => {
    const replica = emptyReplica(scope, 1);
    const history: History = [
      { key: 'port/a', lives: true },
      { key: 'port/b', lives: true },
      { key: 'port/a', lives: false },
      { key: 'port/c', lives: true },
    ];
    receive(replica, snapshot(history, 1));
    for (const message of changes(history, 1, 4, 9)) receive(replica, message);
    const joined: Snapshot = {
      ...{ epoch: 2, incarnation: 1, revision: 2 },
      entries: [...viewAt(history, 2).values()],
    };
    expect(applySnapshot(replica, joined)).to.deep.include({ outcome: 'applied', changed: [] });
    expect(replica).to.deep.include({ epoch: 2, incarnation: 1, revision: 4, partial: undefined });
    expect(sorted(replica)).to.deep.equal(sorted({ entries: viewAt(history, 4) }));
    expect(replica.digest).to.equal(digestOf(replica.entries.values()));
  });
});

function sorted({ entries }: { readonly entries: ReadonlyMap<RecordKey, Entry> }): Entry[] {
  return [...entries.values()].sort((one, two) => (one.key < two.key ? -1 : 1));
}
