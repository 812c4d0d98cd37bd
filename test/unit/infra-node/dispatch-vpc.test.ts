import { expect } from 'chai';
import { decodeBody, decodeHeader } from '../../../core/codec/envelope.ts';
import type { Header } from '../../../core/codec/envelope.ts';
import { PlatformError } from '../../../core/errors.ts';
import type { OutgoingMessage } from '../../../core/messaging/port.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import { leaveFormerSlot, moveMember } from '../../../core/placement/membership.ts';
import { compileView } from '../../../core/model/view.ts';
import type { Store } from '../../../core/store/port.ts';
import { readSnapshot } from '../../../core/store/snapshot.ts';
import { transact } from '../../../core/store/transaction.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import { VpcFixture, hostLane, nothing, port, resync, topics, vpcLane, vpcScope } from './vpc-fixture.ts';

describe('dispatch of a VPC', () => {
  let fixture: VpcFixture;

  beforeEach(async () => {
    fixture = new VpcFixture();
    await fixture.createVpc();
    for (const [i, id] of ['h0', 'h1', 'h2'].entries()) await fixture.register(id, 10 + i);
  });

  const onHostLane = (i: number): OutgoingMessage[] =>
    fixture.east.slot({ topic: hostLane.topic, partition: 0, slot: 10 + i });

  async function onCopies(hostId: string): Promise<OutgoingMessage[]> {
    const member = await fixture.member(hostId);
    if (member === undefined) throw new Error(`${hostId} is not a member`);
    return fixture.east.slot({ topic: vpcLane.topic, partition: member.partition, slot: member.slot });
  }

  const headers = (messages: readonly OutgoingMessage[]): Header[] =>
    messages.map(({ properties }) => decodeHeader(properties));

  it('sends a joining host all it needs in one message on its own lane', async () => {
    await fixture.bind('p0', ['h1']);
    await dispatchScope(fixture.node(), vpcScope, nothing);
    await fixture.bind('p1', ['h0']);
    await dispatchScope(fixture.node(), vpcScope, nothing);

    const [message, ...more] = onHostLane(0);
    expect(more).to.have.length(0);
    const { revision, records } = await readSnapshot(fixture.store, vpcScope);
    const member = await fixture.member('h0');
    expect(decodeHeader(message!.properties)).to.deep.equal({
      kind: 'snapshot',
      scope: vpcScope,
      host: 'h0',
      epoch: 1,
      incarnation: 1,
      turn: 2,
      to: revision,
      part: 0,
      parts: 1,
    });
    const { entries, assignment } = decodeBody(message!.payload);
    expect(new Map(entries.map((entry) => [entry.key, entry]))).to.deep.equal(
      compileView(records.values(), 'h0'),
    );
    expect(assignment).to.deep.equal({ ...member, vpcId: 'v1', lane: vpcLane, state: 'member' });
    expect(await fixture.assignments('h0')).to.deep.equal([assignment]);
    expect(fixture.east.works(topics.work)).to.deep.include({ kind: 'dispatch', scope: scopes.host('h0') });
    expect(await onCopies('h0')).to.have.length(0);
  });

  it('sends the whole port to its hosts and one shared payload to all others', async () => {
    for (const [i, id] of ['h0', 'h1', 'h2'].entries()) await fixture.bind(`p${i}`, [id]);
    const node = fixture.node();
    await dispatchScope(node, vpcScope, nothing);
    await fixture.bind('p0', ['h0'], 'renamed');
    const from = (await fixture.store.status(vpcScope)).dispatched;
    await dispatchScope(node, vpcScope, nothing);

    const [own] = await onCopies('h0');
    const [second] = await onCopies('h1');
    const [third] = await onCopies('h2');
    expect(decodeBody(own!.payload).entries.map(({ body }) => JSON.parse(body!) as object)).to.deep.equal([
      port('p0', ['h0'], 'renamed'),
    ]);
    expect(decodeBody(second!.payload).entries[0]!.body).to.contain('"kind":"neighbor"');
    expect(second!.payload).to.equal(third!.payload);
    expect(decodeHeader(third!.properties)).to.deep.include({
      kind: 'changes',
      host: 'h2',
      from,
      to: from + 1,
    });
    expect(node.stats).to.include({ copies: 3, snapshots: 3, revisions: 5, dispatches: 2 });
  });

  it('continues each host where it was left, whoever takes the turn', async () => {
    await fixture.bind('p0', ['h0']);
    await fixture.bind('p1', ['h1']);
    const [one, other] = [fixture.node(), fixture.node()];
    for (const [i, node] of [one, one, other, one, other, other].entries()) {
      await fixture.bind('p0', ['h0'], `name ${i}`);
      await dispatchScope(node, vpcScope, nothing);
    }
    const ranges = headers(await onCopies('h1')).map((header) => header.kind === 'changes' && header);
    expect(ranges).to.have.length(5);
    let at = decodeHeader(onHostLane(1)[0]!.properties);
    for (const range of ranges) {
      expect(range && at.kind !== 'fence' && range.from === at.to).to.be.true;
      if (range) at = range;
    }
  });

  it('sends nothing for a range without resources and counts it into the next one', async () => {
    await fixture.bind('p0', ['h0']);
    const node = fixture.node();
    await dispatchScope(node, vpcScope, nothing);
    const { dispatched: from } = await fixture.store.status(vpcScope);
    await fixture.write(vpcScope, (tx) => {
      tx.put(keys.copiesLane, vpcLane);
    });
    await dispatchScope(node, vpcScope, nothing);
    expect(await onCopies('h0')).to.have.length(0);
    expect((await fixture.store.status(vpcScope)).dispatched).to.equal(from + 1);

    await fixture.bind('p0', ['h0'], 'renamed');
    await dispatchScope(node, vpcScope, nothing);
    expect(headers(await onCopies('h0'))).to.deep.include.members([
      {
        kind: 'changes',
        scope: vpcScope,
        host: 'h0',
        epoch: 1,
        incarnation: 1,
        from,
        turn: 3,
        to: from + 2,
        ask: false,
        part: 0,
        parts: 1,
      },
    ]);
  });

  it('fences the slot of a host that leaves, as the last message there', async () => {
    await fixture.bind('p0', ['h0']);
    await fixture.bind('p1', ['h1']);
    const node = fixture.node();
    await dispatchScope(node, vpcScope, nothing);
    const slot = await onCopies('h0');
    await fixture.bind('p1', ['h1'], 'renamed');
    await fixture.bind('p0', undefined);
    await dispatchScope(node, vpcScope, nothing);
    await fixture.bind('p1', ['h1'], 'renamed again');
    await dispatchScope(node, vpcScope, nothing);
    expect(headers(slot).map(({ kind }) => kind)).to.deep.equal(['fence']);
    expect((await fixture.assignments('h0')).map(({ state }) => state)).to.deep.equal(['leaving']);
    expect(await fixture.store.sent(vpcScope, ['h0'])).to.deep.equal(
      await fixture.store.sent(vpcScope, ['nobody']),
    );
  });

  it('says with the fence whether the host stays, by another slot', async () => {
    await fixture.bind('p0', ['h0']);
    await fixture.bind('p1', ['h1']);
    const node = fixture.node();
    await dispatchScope(node, vpcScope, nothing);
    const [stays, goes] = [await onCopies('h0'), await onCopies('h1')];
    await transact(fixture.store, vpcScope, async (tx) => {
      await moveMember(tx, 'h0', 1);
      await leaveFormerSlot(tx, 'h0');
    });
    await fixture.bind('p1', undefined);
    await dispatchScope(node, vpcScope, nothing);
    expect(headers(stays).at(-1)).to.deep.include({ kind: 'fence', epoch: 1, moved: true });
    expect(headers(goes).at(-1)).to.deep.include({ kind: 'fence', epoch: 1, moved: false });
  });

  it('sends nothing behind the fence when the host is back before the page that says so', async () => {
    await fixture.bind('p0', ['h0']);
    await fixture.bind('p1', ['h1']);
    const node = fixture.node({ changesPage: 1 });
    await dispatchScope(node, vpcScope, nothing);
    const old = await onCopies('h0');
    await fixture.bind('p0', undefined);
    await fixture.bind('p1', ['h1'], 'renamed');
    await fixture.bind('p2', ['h0']);
    await dispatchScope(node, vpcScope, nothing);
    expect(headers(old).map(({ kind }) => kind)).to.deep.equal(['fence']);
    expect(headers(onHostLane(0)).map(({ epoch }) => epoch)).to.deep.equal([1, 2]);
    expect((await fixture.assignments('h0')).map(({ epoch, state }) => [epoch, state])).to.deep.equal([
      [1, 'leaving'],
      [2, 'member'],
    ]);
  });

  it('tells a host that came and went before any dispatch where its fence waits', async () => {
    await fixture.bind('p0', ['h0']);
    const slot = await onCopies('h0');
    await fixture.bind('p0', undefined);
    await dispatchScope(fixture.node(), vpcScope, nothing);
    expect(onHostLane(0)).to.have.length(0);
    expect(headers(slot).map(({ kind }) => kind)).to.deep.equal(['fence']);
    expect((await fixture.assignments('h0')).map(({ state }) => state)).to.deep.equal(['leaving']);
  });

  it('splits what is too large, and shares the parts that are the same', async () => {
    for (const [i, id] of ['h0', 'h1', 'h2'].entries()) await fixture.bind(`p${i}`, [id]);
    const node = fixture.node({ maxPayloadBytes: 2_000 });
    await dispatchScope(node, vpcScope, nothing);
    for (let i = 0; i < 12; i++) await fixture.bind(`q${i}`, ['h0']);
    await fixture.bind('p1', ['h1'], 'renamed');
    await dispatchScope(node, vpcScope, nothing);
    const copies = await Promise.all(['h0', 'h1', 'h2'].map(onCopies));
    for (const messages of copies) {
      const parts = headers(messages).map(
        (header) => header.kind === 'changes' && [header.part, header.parts],
      );
      expect(parts.length).to.be.greaterThan(2);
      expect(parts).to.deep.equal(parts.map((_, i) => [i, parts.length]));
      for (const { payload } of messages) expect(payload.length).to.be.lessThan(2_100);
    }
    const [, second, third] = copies;
    const shared = second!.filter(({ payload }, i) => payload === third![i]!.payload);
    expect(shared).to.have.length(second!.length - 1);

    await fixture.bind('r', ['h3']);
    await fixture.register('h3', 13);
    await dispatchScope(node, vpcScope, nothing);
    const snapshot = onHostLane(3).map(({ payload }) => decodeBody(payload));
    expect(snapshot.length).to.be.greaterThan(2);
    expect(snapshot[0]).to.deep.include({ entries: [] });
    expect(snapshot.flatMap(({ entries }) => entries)).to.have.length(17);
    expect(snapshot.slice(1).every(({ assignment }) => assignment === undefined)).to.be.true;
  });

  it('stops when another node has taken a turn', async () => {
    await fixture.bind('p0', ['h0']);
    const other = fixture.node();
    const node = fixture.node(
      {},
      {
        step: async (name) => {
          if (name === 'sent') await dispatchScope(other, vpcScope, nothing);
        },
      },
    );
    expect(await dispatchScope(node, vpcScope, nothing)).to.be.false;
    expect(node.stats.fenced).to.equal(1);
    expect(other.stats.fenced).to.equal(0);
  });

  it('has advanced nothing when a send fails, and does it all in the next run', async () => {
    await fixture.bind('p0', ['h0']);
    const node = fixture.node();
    await dispatchScope(node, vpcScope, nothing);
    await fixture.bind('p0', ['h0'], 'renamed');
    const before = await fixture.store.status(vpcScope);
    fixture.east.onSend = () => {
      throw new PlatformError('unavailable', 'no broker');
    };
    const failed = await dispatchScope(node, vpcScope, nothing).catch((error: unknown) =>
      PlatformError.from(error),
    );
    expect(failed).to.include({ code: 'unavailable' });
    expect((await fixture.store.status(vpcScope)).dispatched).to.equal(before.dispatched);
    fixture.east.onSend = () => undefined;
    await dispatchScope(node, vpcScope, nothing);
    expect(headers(await onCopies('h0'))).to.have.length(1);
  });

  it('answers a host that asks with a snapshot in the lane of its copies, and goes on from there', async () => {
    await fixture.bind('p0', ['h0']);
    const node = fixture.node();
    await dispatchScope(node, vpcScope, nothing);
    await fixture.bind('p0', ['h0'], 'renamed');
    await dispatchScope(node, vpcScope, resync(['h0', 1], ['h1', 1]));
    await fixture.bind('p0', ['h0'], 'renamed again');
    await dispatchScope(node, vpcScope, resync(['h0', 7]));
    const messages = headers(await onCopies('h0'));
    expect(messages.map(({ kind }) => kind)).to.deep.equal(['changes', 'snapshot', 'changes']);
    const [, snapshot, changes] = messages;
    expect(changes?.kind === 'changes' && snapshot?.kind === 'snapshot' && changes.from === snapshot.to).to.be
      .true;
    expect(node.stats.resyncs).to.equal(1);
  });

  it('does not hold up the others for a host that is not registered', async () => {
    await fixture.bind('p0', ['stranger', 'h0']);
    await dispatchScope(fixture.node(), vpcScope, nothing);
    expect(onHostLane(0)).to.have.length(1);
    expect((await fixture.assignments('stranger')).map(({ state }) => state)).to.deep.equal(['member']);
  });

  it('reads the members once and not again while it is alone', async () => {
    await fixture.bind('p0', ['h0']);
    let lists = 0;
    const { store } = fixture;
    const counting: Store = {
      ...store,
      list: (scope, kind, after, limit) => {
        lists++;
        return store.list(scope, kind, after, limit);
      },
    };
    const node = fixture.node({}, undefined, counting);
    for (let i = 0; i < 4; i++) {
      await fixture.bind('p0', ['h0'], `name ${i}`);
      await dispatchScope(node, vpcScope, nothing);
    }
    expect(lists).to.equal(1);
    await fixture.bind('p0', ['h0'], 'elsewhere');
    await dispatchScope(fixture.node(), vpcScope, nothing);
    await fixture.bind('p0', ['h0'], 'here again');
    await dispatchScope(node, vpcScope, nothing);
    expect(lists).to.equal(2);
  });
});
