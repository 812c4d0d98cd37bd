import { expect } from 'chai';
import type { Scope } from '../../../core/store/port.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import { openInfraMetrics } from '../../../infra-node/metrics.ts';
import { sweep } from '../../../infra-node/sweep.ts';
import { parseSamples } from '../../support/promql.ts';
import { VpcFixture, nothing, vpcScope } from './vpc-fixture.ts';

describe('an infrastructure node tells Prometheus', () => {
  it('how many scopes the last sweep found behind, and since when they wait', async () => {
    const fixture = new VpcFixture();
    await fixture.createVpc();
    await fixture.store.announce(vpcScope);
    const node = fixture.node({ sweepAfterMs: 0 });
    const taken: [Scope, number][] = [];
    const take = (...each: [Scope, number]) => Promise.resolve(void taken.push(each));
    await sweep(node, take);
    expect(node.gauges.scopesBehind).to.equal(1);
    expect(taken).to.have.length(1);
    expect(taken[0]?.[1]).to.be.within(fixture.nowMs - 1_000, fixture.nowMs);
    await dispatchScope(node, vpcScope, nothing);
    await sweep(node, take);
    expect(node.gauges.scopesBehind).to.equal(0);
  });

  it('how much work lies with the broker, as readiness has seen it, and how old what it sends is', async () => {
    const metrics = openInfraMetrics(() => undefined);
    metrics.onWorkTopic({
      partitions: 4,
      messagesIn: 9,
      subscriptions: { infra: { backlog: 7, consumers: [] }, other: { backlog: 1, consumers: [] } },
    });
    metrics.onDispatched(0.3);
    const samples = parseSamples(await metrics.render());
    expect(samples.get('vpcast_infra_work_backlog')?.map(({ value }) => value)).to.deep.equal([7]);
    expect(samples.get('vpcast_infra_dispatch_seconds_sum')?.map(({ value }) => value)).to.deep.equal([0.3]);
  });
});
