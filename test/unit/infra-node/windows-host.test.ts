import { expect } from 'chai';
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
