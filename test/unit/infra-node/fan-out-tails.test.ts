import { expect } from 'chai';
import { decodeBody } from '../../../core/codec/envelope.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import { ReadingHosts, ids, options } from './reading-hosts.ts';
import { nothing, resume, resync, vpcScope } from './vpc-fixture.ts';

describe('a host that reads a fan-out lane since now is answered', () => {
  let all: ReadingHosts;
  beforeEach(async () => {
    all = await ReadingHosts.joined();
  });

  it('with what came after its report, in its slot, and counts on it from then on', async () => {
    await all.promote(1);
    all.attach('h0');
    await all.report('h0');
    const from = await all.head();
    await all.change();
    await all.dispatch();
    const lost = (await all.waiting('h0')).splice(0);
    expect(lost, 'a copy until it is known to read').to.have.length(1);
    await all.answer('h0');
    const [answer, ...more] = await all.ranges('h0');
    expect(answer).to.include({ from, to: from + 1, ask: false, tail: 1 });
    expect(more).to.have.length(0);
    expect(all.node.stats.tails).to.equal(1);
    await all.changes(1);
    expect(all.published).to.have.length(1);
    await all.expectConverged();
    expect(all.host('h0').gaps).to.equal(0);
  });

  it('even if that is nothing', async () => {
    await all.promote(1);
    await all.readAlong('h0');
    const at = await all.head();
    expect(await all.ranges('h0')).to.have.length(1);
    expect((await all.ranges('h0'))[0]).to.include({ from: at, to: at, tail: 1 });
    expect(decodeBody((await all.waiting('h0'))[0]!.payload).entries).to.deep.equal([]);
  });

  it('as often as it asks, with the last number', async () => {
    await all.promote(1, 'h0');
    for (const n of [2, 3]) {
      await all.answer('h0');
      expect((await all.ranges('h0')).at(-1)).to.include({ tail: n });
    }
  });

  it('with a snapshot where it is too far behind, and then the answer', async () => {
    all.node = all.fixture.node(options({ deltaRecords: 3 }));
    await all.promote(1, ...ids);
    all.detach('h0');
    for (let i = 0; i < 6; i++) await all.change(`q${i}`);
    await all.dispatch();
    all.attach('h0');
    await all.report('h0');
    await all.answer('h0');
    expect((await all.headers('h0')).map(({ kind }) => kind)).to.deep.equal(['snapshot']);
    await all.report('h0');
    await all.answer('h0');
    expect(await all.ranges('h0')).to.have.length(1);
    await all.changes(1);
    await all.expectConverged();
    expect(all.host('h0').gaps).to.equal(0);
  });

  it('at no epoch but its own', async () => {
    await all.promote(1);
    const tails = new Map([
      ['h0', { epoch: 2, tail: 1 }],
      ['nobody', { epoch: 1, tail: 1 }],
    ]);
    await dispatchScope(all.node, vpcScope, { ...nothing, tails });
    expect(await all.waiting('h0')).to.have.length(0);
    expect(all.node.stats.tails).to.equal(0);
  });

  it('also if it is held, and takes what it lacks', async () => {
    all.node = all.fixture.node(options({ windowBudget: 4 }));
    await all.promote(1, 'h1');
    for (let i = 0; i < 6; i++) {
      await all.change();
      await all.dispatch();
    }
    expect(await all.ranges('h0'), 'its window').to.have.length(2);
    (await all.waiting('h0')).splice(0);
    await all.readAlong('h0');
    await all.report('h0');
    await all.changes(1);
    await all.expectConverged(['h0', 'h1']);
    expect(all.host('h0').gaps).to.equal(0);
  });

  it('and does not hold up a snapshot that another asks for', async () => {
    await all.promote(1, 'h0');
    const demand = { ...resync(['h1', 1]), tails: all.tails('h0').tails };
    await dispatchScope(all.node, vpcScope, demand);
    expect((await all.headers('h1')).at(-1)?.kind).to.equal('snapshot');
    expect((await all.ranges('h0')).at(-1)).to.include({ tail: 2 });
  });

  it('alone with what was noted as lost', async () => {
    await all.promote(1, ...ids);
    await all.change();
    await all.dispatch();
    all.detach('h0');
    all.attach('h0');
    await all.report('h0');
    await all.forgetSent('h0');
    await dispatchScope(all.node, vpcScope, resume);
    expect(await all.ranges('h0')).to.have.length(1);
    await all.reportAll();
    await all.changes(1);
    await all.expectConverged();
    expect(all.host('h0').gaps).to.equal(0);
  });
});
