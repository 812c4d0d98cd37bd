import { expect } from 'chai';
import { decodeBody } from '../../../core/codec/envelope.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import { SHARERS, blockAt } from '../../../core/placement/blocks.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Node } from '../../../infra-node/node.ts';
import { ReportingHosts } from './reporting-hosts.ts';
import { nothing, resume, resync, vpcScope } from './vpc-fixture.ts';

/** Two on each partition: a budget of 8 is a window of 4. */
const ids = ['h0', 'h1', 'h2', 'h3'];
const options = { windowBudget: 8 };
const W = 4;

describe('windows of a VPC', () => {
  let all: ReportingHosts;
  let node: Node;
  beforeEach(async () => {
    all = new ReportingHosts();
    node = all.fixture.node(options);
    await all.join(node, ids);
  });

  /** Dispatches so many changes one by one; whoever is not silent reports each. */
  async function changes(count: number, silent: readonly string[], by: Node = node): Promise<void> {
    for (let i = 0; i < count; i++) {
      await all.change();
      await dispatchScope(by, vpcScope, nothing);
      for (const id of ids.filter((each) => !silent.includes(each))) await all.report(id);
    }
  }

  async function comeBack(id: string): Promise<void> {
    const { store } = all.fixture;
    await store.hear([id], await store.leaseClock());
    await node.offline.poll();
  }

  it('stop a silent host and nobody else', async () => {
    await changes(20, ['h0']);
    expect(await all.waiting('h0')).to.have.length(W);
    expect(node.stats).to.include({ copies: W + 3 * 20, held: 1, resumed: 0 });
    await all.expectConverged(['h1', 'h2', 'h3']);
  });

  it('are made for as many hosts as a shared topic may have, however few there are of this VPC', async () => {
    all = new ReportingHosts();
    all.fixture.vpcLane = { ...all.fixture.vpcLane, block: blockAt(0, 8) };
    node = all.fixture.node({ windowBudget: 3 * SHARERS });
    await all.join(node, ids);
    await changes(5, ['h0']);
    expect(await all.waiting('h0')).to.have.length(3);
  });

  it('shrink with the number of hosts that share the partition', async () => {
    all = new ReportingHosts();
    node = all.fixture.node(options);
    await all.join(node, [...ids, 'h4', 'h6', 'h7']);
    await changes(10, ['h0', 'h1', 'h4', 'h6']);
    // Four on one partition, three on the other: 8 / 4 and 8 / 3.
    expect(await all.waiting('h0')).to.have.length(2);
    expect(await all.waiting('h1')).to.have.length(2);
  });

  it('ask for a report from the copy on that makes them half full', async () => {
    await changes(W, ['h0']);
    expect((await all.ranges('h0')).map(({ ask }) => ask)).to.deep.equal([false, true, true, true]);
    expect(node.stats.asked).to.equal(W - 1);
  });

  it('open again with a report: one message brings all that was missed', async () => {
    await changes(12, ['h0']);
    const host = all.hosts.get('h0')!;
    const sent = await all.ranges('h0');
    expect(await all.report('h0', 2)).to.deep.equal([vpcScope]);
    await dispatchScope(node, vpcScope, resume);
    expect(await all.waiting('h0'), 'half full still').to.have.length(W - 2);

    expect(await all.report('h0', 1)).to.deep.equal([vpcScope]);
    await dispatchScope(node, vpcScope, resume);
    const { dispatched: to } = await all.fixture.store.status(vpcScope);
    const [last, delta, ...more] = await all.ranges('h0');
    expect(more).to.have.length(0);
    expect(last).to.deep.equal(sent[3]);
    // From what it has applied, since nobody knows what became of the rest.
    expect(delta).to.deep.include({ from: sent[2]!.to, to, ask: true });
    expect(await all.report('h0')).to.deep.equal([]);
    await all.expectConverged();
    expect(host.gaps).to.equal(0);
    expect(node.stats.resumed).to.equal(1);

    await changes(1, []);
    await all.expectConverged();
  });

  it('encode what was missed once, for hosts that stopped at different places', async () => {
    await changes(2, ['h0']);
    await changes(10, ['h0', 'h2']);
    await all.report('h0');
    await all.report('h2');
    await dispatchScope(node, vpcScope, resume);
    const [[one], [other]] = [await all.waiting('h0'), await all.waiting('h2')];
    expect(one!.payload).to.equal(other!.payload);
    for (const id of ids) await all.report(id);
    await all.expectConverged();
  });

  it('resume in any turn, also by what was reported before the host was held', async () => {
    await changes(W, ['h0']);
    await all.change();
    let reported = false;
    const slow = all.fixture.node(options, {
      step: async (name) => {
        // Between the look at its reports and the advance that holds it.
        if (name !== 'sent' || reported) return;
        reported = true;
        expect(await all.report('h0')).to.not.include(vpcScope);
      },
    });
    await dispatchScope(slow, vpcScope, nothing);
    expect(slow.stats).to.include({ held: 1, resumed: 1 });
    expect(await all.ranges('h0')).to.have.length(1);
  });

  it('survive the node that kept them', async () => {
    await changes(W + 3, ['h0']);
    const other = all.fixture.node(options);
    await changes(20, ['h0'], other);
    await changes(20, ['h0']);
    expect(await all.waiting('h0')).to.have.length(W);
    await all.reportAndResume(other, 'h0');
    await all.report('h0');
    await all.expectConverged();
  });

  it('stay closed when more was sent since than the store remembers', async () => {
    await changes(200, ['h0']);
    const other = all.fixture.node(options);
    await dispatchScope(other, vpcScope, resume);
    expect(await all.waiting('h0')).to.have.length(W);
    await all.reportAndResume(other, 'h0');
    expect(await all.ranges('h0')).to.have.length(1);
    await all.report('h0');
    await all.expectConverged();
  });

  it('do not count what a host was sent before it joined', async () => {
    await changes(10, []);
    await all.fixture.register('h5', 200);
    await all.fixture.bind('p-h5', ['h5']);
    await dispatchScope(node, vpcScope, nothing);
    await changes(10, []);
    expect(await all.waiting('h5')).to.have.length(2);
    await changes(1, [], all.fixture.node(options));
    expect(await all.waiting('h5')).to.have.length(2);
  });

  it('do not count what went into the snapshot that a host joined with', async () => {
    node = all.fixture.node({ windowBudget: 6, changesPage: 1 });
    await all.fixture.register('h5', 200);
    await all.fixture.bind('p-h5', ['h5']);
    for (let i = 0; i < 5; i++) await all.change(`q${i}`);
    await dispatchScope(node, vpcScope, nothing);
    for (const id of ids) await all.report(id);
    await changes(3, []);
    expect(await all.waiting('h5')).to.have.length(2);
  });

  it('never close with a budget of 0', async () => {
    const open = all.fixture.node({ windowBudget: 0 });
    await all.expire(node, 'h0');
    await changes(120, ['h0'], open);
    expect(await all.ranges('h0')).to.have.length(120);
    expect(open.stats).to.include({ held: 0, asked: 0 });
  });

  it('send a snapshot where what was missed is too much for a delta', async () => {
    node = all.fixture.node({ ...options, deltaRecords: 5 });
    await changes(2, ['h0']);
    for (let i = 0; i < 7; i++) {
      await all.change(`p${i}`);
      await dispatchScope(node, vpcScope, nothing);
      for (const id of ['h1', 'h2', 'h3']) await all.report(id);
    }
    await changes(W + 2, ['h0', 'h2']);
    await all.report('h0');
    await all.report('h2');
    await dispatchScope(node, vpcScope, resume);
    expect((await all.headers('h0')).map(({ kind }) => kind)).to.deep.equal(['snapshot']);
    expect((await all.headers('h2')).map(({ kind }) => kind)).to.deep.equal(['changes']);
    for (const id of ids) await all.report(id);
    await all.expectConverged();
    expect(node.stats).to.include({ resumed: 2, resyncs: 0 });
  });

  it('do not keep a host from the snapshot that it asks for', async () => {
    await changes(W + 2, ['h0']);
    await dispatchScope(node, vpcScope, resync(['h0', 1]));
    expect((await all.headers('h0')).at(-1)?.kind).to.equal('snapshot');
    await changes(3, ['h0']);
    expect((await all.headers('h0')).at(-1)?.kind, 'held until it reports').to.equal('snapshot');
    await all.reportAndResume(node, 'h0');
    await all.report('h0');
    await all.expectConverged();
  });

  it('are nothing to an offline host: it is sent nothing, and what it lacks when it is back', async () => {
    await changes(1, ['h0']);
    await all.expire(node, 'h0');
    await changes(5, ['h0']);
    expect(await all.waiting('h0')).to.have.length(1);
    expect(node.stats).to.include({ held: 1, offline: 1 });

    await comeBack('h0');
    expect(await all.report('h0')).to.deep.equal([vpcScope]);
    await dispatchScope(node, vpcScope, resume);
    expect(await all.ranges('h0')).to.have.length(1);
    await all.report('h0');
    await all.expectConverged();
  });

  it('are empty again, however full they were, where it is noted that what was sent is lost', async () => {
    await changes(W + 2, ['h0']);
    await all.expire(node, 'h0');
    (await all.waiting('h0')).splice(0);
    await all.forgetSent('h0');
    await dispatchScope(node, vpcScope, resume);
    expect(await all.waiting('h0'), 'offline').to.have.length(0);

    await comeBack('h0');
    await all.reportAndResume(node, 'h0');
    await all.report('h0');
    await all.expectConverged();
    expect(all.hosts.get('h0')!.gaps).to.equal(0);
  });

  it('leave a host that joins while it is offline with its assignment only', async () => {
    await all.fixture.register('h5', 200);
    const { store } = all.fixture;
    await dispatchScope(node, scopes.host('h5'), nothing);
    const lane = all.fixture.east.slot({ topic: all.fixture.hostLane.topic, partition: 0, slot: 200 });
    lane.splice(0);
    await all.expire(node, 'h5');
    await all.fixture.bind('p-h5', ['h5']);
    await dispatchScope(node, vpcScope, nothing);
    await changes(3, []);
    await dispatchScope(node, scopes.host('h5'), nothing);
    expect([lane, await all.waiting('h5')].map(({ length }) => length)).to.deep.equal([0, 0]);
    expect((await all.fixture.assignments('h5')).map(({ state }) => state)).to.deep.equal(['member']);
    expect(await store.sent(vpcScope, ['h5'])).to.deep.equal([0]);

    await comeBack('h5');
    await dispatchScope(node, scopes.host('h5'), resume);
    expect(decodeBody(lane[0]!.payload).entries.map(({ key }) => key)).to.deep.equal([
      keys.assignment('v1', 1),
    ]);
    await changes(1, []);
    expect((await all.headers('h5')).map(({ kind }) => kind)).to.deep.equal(['snapshot']);
  });

  it('do not hold back the fence of a host that leaves', async () => {
    await changes(W + 2, ['h0']);
    await all.expire(node, 'h0');
    const slot = await all.waiting('h0');
    slot.splice(0);
    await all.fixture.bind('p-h0', undefined);
    await dispatchScope(node, vpcScope, nothing);
    expect(slot).to.have.length(1);
  });
});
