import { expect } from 'chai';
import { decodeBody, decodeHeader } from '../../../core/codec/envelope.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Node } from '../../../infra-node/node.ts';
import { ReportingHosts } from './reporting-hosts.ts';
import { nothing, resume, resync } from './vpc-fixture.ts';

describe('windows of a host', () => {
  const scope = scopes.host('h0');
  let all: ReportingHosts;
  let node: Node;
  beforeEach(async () => {
    all = new ReportingHosts();
    node = all.fixture.node();
    await all.join(node, ['h0']);
  });

  async function changes(count: number, by: Node = node): Promise<void> {
    for (let i = 0; i < count; i++) {
      await all.fixture.write(scope, (tx) => {
        tx.put(keys.config(`c${i % 6}`), { version: `${tx.seenRevision} ${i}` });
      });
      await dispatchScope(by, scope, nothing);
    }
  }

  const lane = () => all.fixture.east.slot({ topic: all.fixture.hostLane.topic, partition: 0, slot: 100 });
  const held = () => [...(all.hosts.get('h0')!.replicas.get(scope)?.entries.keys() ?? [])].sort();

  it('hold what is sent until it reports, and then bring all at once', async () => {
    await changes(3);
    await changes(7, all.fixture.node());
    expect(lane()).to.have.length(4);
    expect(await all.report('h0')).to.deep.equal([scope]);
    await dispatchScope(node, scope, resume);
    expect(lane()).to.have.length(1);
    expect(await all.report('h0')).to.deep.equal([]);
    expect(held()).to.deep.equal(
      [keys.assignment('v1', 1), ...[0, 1, 2, 3, 4, 5].map((i) => keys.config(`c${i}`))].sort(),
    );
    expect(node.stats).to.include({ resumed: 1 });
    await changes(1);
    expect(lane()).to.have.length(1);
  });

  it('are nothing to an offline host', async () => {
    const { store } = all.fixture;
    await changes(1);
    await store.hear(['h0'], 0);
    await store.advanceLeaseClock(0, node.options.leaseMs + 1);
    await node.offline.poll();
    await changes(3);
    expect(lane()).to.have.length(1);

    await store.hear(['h0'], await store.leaseClock());
    await node.offline.poll();
    await all.reportAndResume(node, 'h0');
    await all.report('h0');
    expect(held()).to.include(keys.config('c2'));
    expect(all.hosts.get('h0')!.gaps).to.equal(0);
  });

  describe('let a host that is back', () => {
    /** While it is offline it joins another VPC and leaves it, and something else changes. */
    async function missAll(by: Node): Promise<void> {
      const { store } = all.fixture;
      await store.hear(['h0'], 0);
      await store.advanceLeaseClock(0, by.options.leaseMs + 1);
      await by.offline.poll();
      for (const body of [{ vpcId: 'v2' }, undefined]) {
        await all.fixture.write(scope, (tx) => {
          if (body === undefined) tx.remove(keys.assignment('v2', 1));
          else tx.put(keys.assignment('v2', 1), body);
        });
        await dispatchScope(by, scope, nothing);
      }
      await changes(3, by);
      await store.hear(['h0'], await store.leaseClock());
      await by.offline.poll();
    }

    it('know what it missed from where it is, removals by name', async () => {
      const from = all.hosts.get('h0')!.replicas.get(scope)!.revision;
      await missAll(node);
      await dispatchScope(node, scope, resume);
      const [message, ...more] = lane();
      expect(more).to.deep.equal([]);
      const { revision: to } = await all.fixture.store.status(scope);
      expect(decodeHeader(message!.properties)).to.include({ kind: 'changes', from, to });
      const { entries } = decodeBody(message!.payload);
      expect(entries.map(({ key, body }) => [key, body !== undefined])).to.deep.equal([
        [keys.assignment('v2', 1), false],
        ...[0, 1, 2].map((i) => [keys.config(`c${i}`), true]),
      ]);
      expect(await all.report('h0')).to.deep.equal([]);
      expect(all.hosts.get('h0')!.gaps).to.equal(0);
      await changes(1);
      expect(await all.report('h0')).to.deep.equal([]);
      expect(all.hosts.get('h0')!.gaps).to.equal(0);
      expect(held()).to.deep.equal([keys.assignment('v1', 1), ...[0, 1, 2].map((i) => keys.config(`c${i}`))]);
    });

    const kinds = () => lane().map(({ properties }) => decodeHeader(properties).kind);

    it('begin with a snapshot where it missed too much', async () => {
      const few = all.fixture.node({ deltaRecords: 3 });
      await missAll(few);
      await dispatchScope(few, scope, resume);
      expect(kinds()).to.deep.equal(['snapshot']);
    });

    it('begin with a snapshot where it has a new epoch since', async () => {
      await missAll(node);
      // Another node has dispatched the registration.
      await all.fixture.register('h0', 100, 2);
      await dispatchScope(all.fixture.node({ windowBudget: 0 }), scope, nothing);
      lane().splice(0);
      const { token, dispatched } = await all.fixture.store.beginDispatch(scope);
      await all.fixture.store.advance({ scope, token, dispatched, sent: new Map([['h0', 1]]) });
      await dispatchScope(node, scope, resume);
      expect(kinds()).to.deep.equal(['snapshot']);
    });
  });

  it('let a host that registers as what it was, say as a newer version, go on from where it is', async () => {
    await changes(2);
    await all.report('h0');
    await all.fixture.register('h0', 100, 1);
    await dispatchScope(node, scope, nothing);
    expect(lane()).to.deep.equal([]);
    await all.fixture.register('h0', 100, 1);
    await changes(3);
    expect(lane().map(({ properties }) => decodeHeader(properties).kind)).to.deep.equal(
      Array(3).fill('changes'),
    );
    expect(await all.report('h0')).to.deep.equal([]);
    expect(all.hosts.get('h0')!.gaps).to.equal(0);
    expect(held()).to.deep.equal([keys.assignment('v1', 1), ...[0, 1, 2].map((i) => keys.config(`c${i}`))]);
  });

  it('do not hold back what it asks for, nor what a registration begins with', async () => {
    await changes(6);
    await dispatchScope(node, scope, resync(['h0', 1]));
    expect(lane()).to.have.length(5);
    await changes(6);
    expect(lane()).to.have.length(5);
    await all.fixture.register('h0', 300, 2);
    await changes(1);
    const { topic } = all.fixture.hostLane;
    expect(all.fixture.east.slot({ topic, partition: 0, slot: 300 })).to.have.length(1);
  });
});
