import { expect } from 'chai';
import { decodeBody, decodeHeader } from '../../../core/codec/envelope.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Assignment, Lane } from '../../../core/model/resources.ts';
import { putAssignment } from '../../../infra-node/assignments.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import { VpcFixture, hostLane, nothing, resync, topics, vpcLane } from './vpc-fixture.ts';

const scope = scopes.host('h0');

const assignment: Assignment = {
  hostId: 'h0',
  partition: 0,
  slot: 7,
  epoch: 1,
  vpcId: 'v1',
  lane: vpcLane,
  state: 'member',
};

describe('dispatch of a host', () => {
  let fixture: VpcFixture;
  beforeEach(async () => {
    fixture = new VpcFixture();
    await fixture.register('h0', 10);
  });

  function received(slot = 10) {
    const messages = fixture.east.slot({ topic: hostLane.topic, partition: 0, slot });
    return messages.splice(0).map(({ properties, payload }) => ({
      header: decodeHeader(properties),
      keys: decodeBody(payload).entries.map(({ key }) => key),
    }));
  }

  it('gives a registered host all that its scope holds, then changes', async () => {
    const node = fixture.node();
    await putAssignment(node, assignment);
    await dispatchScope(node, scope, nothing);
    await fixture.write(scope, (tx) => {
      tx.put(keys.config('ntp'), { name: 'ntp' });
    });
    await dispatchScope(fixture.node(), scope, nothing);
    const [first, second, ...more] = received();
    expect(more).to.have.length(0);
    expect(first?.keys).to.deep.equal(['assignment/v1/1']);
    expect(first?.header).to.deep.include({ kind: 'snapshot', host: 'h0', epoch: 1, to: 2 });
    expect(second?.keys).to.deep.equal(['config/ntp']);
    expect(second?.header).to.deep.include({ kind: 'changes', from: 2, to: 3 });
  });

  it('starts anew where a host has registered again', async () => {
    const node = fixture.node();
    await putAssignment(node, assignment);
    await dispatchScope(node, scope, nothing);
    received();
    await fixture.register('h0', 20, 2);
    await dispatchScope(node, scope, nothing);
    expect(received()).to.have.length(0);
    const [only] = received(20);
    expect(only?.header).to.deep.include({ kind: 'snapshot', epoch: 2 });
    expect(only?.keys).to.deep.equal(['assignment/v1/1']);
  });

  it('answers a host that asks with a snapshot', async () => {
    const node = fixture.node();
    await dispatchScope(node, scope, nothing);
    received();
    await putAssignment(node, assignment);
    await dispatchScope(node, scope, resync(['h0', 1]));
    expect(received().map(({ header, keys }) => [header.kind, keys])).to.deep.equal([
      ['snapshot', ['assignment/v1/1']],
    ]);
    expect(await fixture.store.status(scope)).to.deep.include({ revision: 2, dispatched: 2 });
  });

  it('leaves a hole in the chain of a host that cannot be reached', async () => {
    const absent = scopes.host('h9');
    const node = fixture.node();
    await putAssignment(node, { ...assignment, hostId: 'h9' });
    await dispatchScope(node, absent, nothing);
    expect(await fixture.store.sent(absent, ['h9'])).to.deep.equal([1]);
  });

  it('lets an assignment go from member to leaving to removed and never back', async () => {
    const node = fixture.node();
    const states = async () => (await fixture.assignments('h0')).map(({ state }) => state);
    await putAssignment(node, assignment);
    await putAssignment(node, { ...assignment, state: 'leaving' });
    await putAssignment(node, assignment);
    expect(await states()).to.deep.equal(['leaving']);
    await fixture.left(assignment);
    await putAssignment(node, assignment);
    await putAssignment(node, { ...assignment, state: 'leaving' });
    expect(await states()).to.deep.equal([]);
  });
});

describe('dispatch of other scopes', () => {
  it('sends a public resource by its id, and its removal to the same place', async () => {
    const fixture = new VpcFixture();
    const publicScope = scopes.public('r1');
    const lane: Lane = { cluster: 'east', topic: topics.public('elb'), partitions: 4 };
    const node = fixture.node();
    await fixture.write(publicScope, (tx) => {
      tx.put(keys.public('r1'), { id: 'r1', kind: 'elb', lane });
      tx.put(keys.copiesLane, lane, { logged: false });
    });
    await dispatchScope(node, publicScope, nothing);
    await fixture.write(publicScope, (tx) => {
      tx.remove(keys.public('r1'));
    });
    await dispatchScope(node, publicScope, nothing);
    const sent = fixture.east.keyed.map((message) => ({
      ...message,
      body: decodeBody(message.payload).entries[0],
    }));
    expect(sent.map(({ topic, key }) => [topic, key])).to.deep.equal([
      [lane.topic, 'r1'],
      [lane.topic, 'r1'],
    ]);
    expect(decodeHeader(sent[0]!.properties)).to.deep.include({
      kind: 'snapshot',
      host: '*',
      epoch: 0,
      to: 1,
    });
    expect(sent[0]!.body?.body).to.contain('"elb"');
    expect(sent[1]!.body).to.deep.equal({ key: 'public/r1', revision: 2, body: undefined });
  });

  it('passes over what hosts never receive', async () => {
    const fixture = new VpcFixture();
    await fixture.write(scopes.region, (tx) => {
      tx.put(keys.cluster('east'), { name: 'east' });
    });
    await dispatchScope(fixture.node(), scopes.region, nothing);
    expect(await fixture.store.status(scopes.region)).to.deep.include({ revision: 1, dispatched: 1 });
  });
});
