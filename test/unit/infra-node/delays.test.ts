import { expect } from 'chai';
import { decodeHeader } from '../../../core/codec/envelope.ts';
import type { Header } from '../../../core/codec/envelope.ts';
import { decodeFanOutHeader } from '../../../core/codec/fan-out.ts';
import { scopes } from '../../../core/model/keys.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Node } from '../../../infra-node/node.ts';
import { ReadingHosts, ids } from './reading-hosts.ts';
import { VpcFixture, hostLane, nothing, resume, resync, vpcLane, vpcScope } from './vpc-fixture.ts';

/** What a wake-up asks for whose change was committed at that time. */
const since = (sinceMs: number) => ({ ...nothing, sinceMs });

const sinceOf = (header: Header): number | undefined => ('sinceMs' in header ? header.sinceMs : undefined);

describe('the time of a commit goes along', () => {
  let fixture: VpcFixture;
  let node: Node;
  let seconds: number[];

  beforeEach(async () => {
    fixture = new VpcFixture();
    seconds = [];
    node = fixture.node({}, undefined, fixture.store, (each) => seconds.push(each));
    await fixture.createVpc();
    for (const [i, id] of ['h0', 'h1'].entries()) await fixture.register(id, 10 + i);
  });

  async function received(hostId: string): Promise<Header[]> {
    const member = await fixture.member(hostId);
    if (member === undefined) throw new Error(`${hostId} is not a member`);
    const { topic } = vpcLane;
    const messages = fixture.east.slot({ topic, partition: member.partition, slot: member.slot });
    return messages.splice(0).map(({ properties }) => decodeHeader(properties));
  }

  const onHostLane = (slot: number): Header[] =>
    fixture.east
      .slot({ topic: hostLane.topic, partition: 0, slot })
      .splice(0)
      .map(({ properties }) => decodeHeader(properties));

  it('with the snapshot of a host that joins, and with copies', async () => {
    await fixture.bind('p0', ['h0']);
    fixture.nowMs = 5_000;
    await dispatchScope(node, vpcScope, since(4_000));
    expect(onHostLane(10).map(sinceOf)).to.deep.equal([4_000]);
    await fixture.bind('p0', ['h0'], 'renamed');
    fixture.nowMs = 7_500;
    await dispatchScope(node, vpcScope, since(7_000));
    expect((await received('h0')).map(sinceOf)).to.deep.equal([7_000]);
    expect(seconds, 'how long it took to send them').to.deep.equal([1, 0.5]);
    expect(node.stats.ranges).to.equal(2);
  });

  it('with changes of the own scope of a host, and not with what it gets when it registers', async () => {
    await dispatchScope(node, scopes.host('h0'), since(1));
    await fixture.write(scopes.host('h0'), (tx) => {
      tx.put('config/x', { id: 'x' });
    });
    await dispatchScope(node, scopes.host('h0'), since(2));
    expect(onHostLane(10).map((header) => [header.kind, sinceOf(header)])).to.deep.equal([
      ['snapshot', undefined],
      ['changes', 2],
    ]);
  });

  it('and not with what is sent again', async () => {
    await fixture.bind('p0', ['h0']);
    await dispatchScope(node, vpcScope, since(1));
    await dispatchScope(node, vpcScope, { ...resync(['h0', 1]), sinceMs: 1 });
    await dispatchScope(node, vpcScope, { ...resume, sinceMs: 1 });
    expect((await received('h0')).map((header) => [header.kind, sinceOf(header)])).to.deep.equal([
      ['snapshot', undefined],
    ]);
  });

  it('nor with what a store that has lost its tail has sent anew', async () => {
    await fixture.bind('p0', ['h0']);
    await dispatchScope(node, vpcScope, since(1));
    await fixture.store.reincarnate(vpcScope, 1);
    onHostLane(10);
    await dispatchScope(node, vpcScope, since(2));
    expect(onHostLane(10).map((header) => [header.kind, sinceOf(header)])).to.deep.equal([
      ['snapshot', undefined],
    ]);
    expect(seconds).to.have.length(1);
  });

  it('to all who read along', async () => {
    const all = await ReadingHosts.joined();
    await all.promote(1, ...ids);
    await all.change();
    await dispatchScope(all.node, vpcScope, since(3));
    expect(all.published.map(({ properties }) => decodeFanOutHeader(properties).sinceMs)).to.deep.equal([3]);
  });
});
