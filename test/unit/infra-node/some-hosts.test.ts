import { expect } from 'chai';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Node } from '../../../infra-node/node.ts';
import { sendAgain } from '../../../infra-node/passes/send-again.ts';
import { ReportingHosts } from './reporting-hosts.ts';
import { nothing, resume, vpcScope } from './vpc-fixture.ts';

/** Two on each partition: a budget of 16 is a window of 8. */
const ids = ['h0', 'h1', 'h2', 'h3'];
const W = 8;

describe('a change of a group that concerns some hosts', () => {
  let all: ReportingHosts;
  let node: Node;
  beforeEach(async () => {
    all = new ReportingHosts();
    node = all.fixture.node({ windowBudget: 16 });
    await all.join(node, ids);
    await all.fixture.bind('q0', ['h0'], '', ['few']);
    await all.fixture.bind('q1', ['h1'], '', ['few']);
    await dispatchScope(node, vpcScope, nothing);
    for (const id of ids) await all.report(id);
  });

  let names = 0;
  async function groupChanges(by: Node = node): Promise<void> {
    await all.fixture.group('few', [], `v${++names}`);
    await dispatchScope(by, vpcScope, nothing);
  }

  async function waiting(): Promise<number[]> {
    return Promise.all(ids.map(async (id) => (await all.waiting(id)).length));
  }

  it('is sent to these and to nobody else, and nobody is held for that', async () => {
    const before = node.stats.copies;
    for (let n = 0; n < 3; n++) await groupChanges();
    expect(await waiting()).to.deep.equal([3, 3, 0, 0]);
    expect(node.stats.copies - before).to.equal(6);
    for (const id of ids) expect(await all.report(id), id).to.deep.equal([]);
    await dispatchScope(node, vpcScope, resume);
    expect(node.stats).to.include({ held: 0, resumed: 0 });
    await all.expectConverged();
  });

  it('is followed by one range for the others, where something is for all', async () => {
    await groupChanges();
    await groupChanges();
    await all.change();
    await dispatchScope(node, vpcScope, nothing);
    expect(await waiting()).to.deep.equal([3, 3, 1, 1]);
    for (const id of ids) await all.report(id);
    await all.expectConverged();
    expect([...all.hosts.values()].map(({ gaps }) => gaps)).to.deep.equal([0, 0, 0, 0]);
  });

  it('goes on the same way by another node', async () => {
    await groupChanges();
    const other = all.fixture.node({ windowBudget: 16 });
    await groupChanges(other);
    expect(await waiting()).to.deep.equal([2, 2, 0, 0]);
    await all.change();
    await dispatchScope(other, vpcScope, nothing);
    for (const id of ids) await all.report(id);
    await all.expectConverged();
    expect([...all.hosts.values()].map(({ gaps }) => gaps)).to.deep.equal([0, 0, 0, 0]);
  });

  it('is sent to nobody, where it concerns nobody', async () => {
    await all.fixture.group('lonely', [], 'v');
    await dispatchScope(node, vpcScope, nothing);
    expect(await waiting()).to.deep.equal([0, 0, 0, 0]);
    expect(await all.fixture.store.status(vpcScope)).to.include({ dispatched: await head() });
  });

  it('holds one of these that has no room, and nobody else hears of it', async () => {
    for (let n = 0; n < W; n++) {
      await groupChanges();
      await all.report('h1');
    }
    expect(await waiting()).to.deep.equal([W, 0, 0, 0]);
    await groupChanges();
    expect(await waiting()).to.deep.equal([W, 1, 0, 0]);
    await groupChanges();
    expect(await waiting(), 'it is held').to.deep.equal([W, 2, 0, 0]);
    for (const id of ids) await all.reportAndResume(node, id);
    for (const id of ids) await all.report(id);
    await all.expectConverged();
    expect(node.stats.resumed).to.equal(1);
  });

  it('is kept for one of these that is offline', async () => {
    await all.expire(node, 'h0');
    await groupChanges();
    await groupChanges();
    expect(await waiting()).to.deep.equal([0, 2, 0, 0]);
    await all.fixture.store.hear(['h0'], await all.fixture.store.leaseClock());
    await node.offline.poll();
    expect(await all.report('h0')).to.deep.equal([vpcScope]);
    await dispatchScope(node, vpcScope, resume);
    for (const id of ids) await all.report(id);
    await all.expectConverged();
  });

  it('is sent again, where nothing but such copies was lost', async () => {
    await groupChanges();
    await groupChanges();
    (await all.waiting('h0')).length = 0;
    await sendAgain(node, vpcScope, [{ hostId: 'h0', epoch: 1 }]);
    await groupChanges();
    await dispatchScope(node, vpcScope, resume);
    for (const id of ids) await all.report(id);
    await all.expectConverged();
    expect(all.host('h0').gaps).to.equal(0);
  });

  it('does not close the window of those that were not sent it', async () => {
    for (let n = 0; n < 3 * W; n++) {
      await groupChanges();
      await all.report('h0');
      await all.report('h1');
    }
    for (let n = 0; n < 2; n++) {
      await all.change();
      await dispatchScope(node, vpcScope, nothing);
    }
    expect(await waiting()).to.deep.equal([2, 2, 2, 2]);
    expect((await all.ranges('h2')).map(({ ask }) => ask)).to.deep.equal([false, false]);
  });

  async function head(): Promise<number> {
    return (await all.fixture.store.status(vpcScope)).revision;
  }
});
