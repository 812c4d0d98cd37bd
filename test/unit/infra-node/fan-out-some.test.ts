import { expect } from 'chai';
import { keys } from '../../../core/model/keys.ts';
import { isPartial } from '../../../infra-node/fan-out/choice.ts';
import { ReadingHosts, ids, options } from './reading-hosts.ts';
import { vpcScope } from './vpc-fixture.ts';

/** A publication to four readers costs as much as three or four copies. */
const costs = { copyUs: 110, readUs: 100, publishUs: 0, attachUs: 20 };

/** Of two hosts on each partition. */
const WINDOW = 8;

describe('a change that concerns some of the hosts that read along', () => {
  let all: ReadingHosts;
  let names = 0;
  beforeEach(async () => {
    all = await ReadingHosts.joined();
    const { fanOut } = options();
    all.node = all.fixture.node(options({ windowBudget: 16, fanOut: { ...fanOut!, costs } }));
    await all.fixture.group('few', []);
    for (const id of ['h0', 'h1']) await all.fixture.bind(`q-${id}`, [id], '', ['few']);
    await all.promote(1, ...ids);
  });

  async function groupChanges(): Promise<void> {
    await all.fixture.group('few', [], `v${++names}`);
    await all.dispatch();
  }

  const waiting = () => Promise.all(ids.map(async (id) => (await all.waiting(id)).length));
  const held = (id: string) =>
    all.host(id).replicas.get(vpcScope)?.entries.get(keys.securityGroup('few'))?.body ?? '';
  const gaps = () => [...all.hosts.values()].map((host) => host.gaps);

  it('goes to these as a copy, and nothing is published', async () => {
    const before = all.published.length;
    await groupChanges();
    await groupChanges();
    expect(await waiting()).to.deep.equal([2, 2, 0, 0]);
    expect(all.published).to.have.length(before);
    await all.reportAll();
    await all.expectConverged();
    expect(all.node.stats.held).to.equal(0);
  });

  it('is said again by the next publication, which may come before the copy', async () => {
    await groupChanges();
    await groupChanges();
    await all.change();
    await all.dispatch();
    const [last] = all.published.slice(-1);
    for (const id of ids) all.host(id).read(last!);
    expect(held('h0')).to.contain(`v${names}`);
    await all.reportAll();
    expect(gaps(), 'one range for all').to.deep.equal([0, 0, 0, 0]);
    expect(held('h2')).to.equal('');
    await all.expectConverged();
  });

  it('may come before that publication, and after those that were not seen yet', async () => {
    await all.change();
    await all.dispatch();
    await groupChanges();
    await all.change();
    await all.dispatch();
    for (const message of all.published.slice(-2)) all.host('h1').read(message);
    await all.reportAll();
    await all.expectConverged();
    expect(gaps().slice(1)).to.deep.equal([0, 0, 0]);
  });

  it('is published where that costs less', async () => {
    for (const id of ['h2', 'h3']) await all.fixture.bind(`q-${id}`, [id], '', ['few']);
    await all.dispatch();
    await all.reportAll();
    const before = all.published.length;
    await groupChanges();
    expect(await waiting()).to.deep.equal([0, 0, 0, 0]);
    expect(all.published).to.have.length(before + 1);
  });

  it('holds one of them that is offline, which finds it in the next publication', async () => {
    await all.expire(all.node, 'h0');
    const before = all.published.length;
    await groupChanges();
    expect(await waiting()).to.deep.equal([0, 1, 0, 0]);
    expect(all.published).to.have.length(before);
    expect(all.node.stats.held).to.equal(1);
    await all.change();
    await all.dispatch();
    await all.reportAll();
    await all.expectConverged();
    expect(gaps()).to.deep.equal([0, 0, 0, 0]);
  });

  it('finds their windows open, however much they have read that nobody reported', async () => {
    for (let n = 0; n < 20; n++) {
      await all.change();
      await all.dispatch();
    }
    const before = all.published.length;
    await groupChanges();
    expect(await waiting()).to.deep.equal([1, 1, 0, 0]);
    expect(all.published).to.have.length(before);
    // A copy waits for what is published before it.
    for (const message of all.published.slice(-20)) for (const id of ids) all.host(id).read(message);
    await all.reportAll();
    await all.expectConverged();
  });

  it('holds them once their windows are full, until they have reported', async () => {
    const before = all.published.length;
    for (let n = 0; n < 30; n++) await groupChanges();
    expect(await waiting()).to.deep.equal([WINDOW, WINDOW, 0, 0]);
    expect(all.published).to.have.length(before);
    for (const id of ids) await all.reportAndResume(all.node, id);
    await all.reportAll();
    await all.expectConverged();
    await groupChanges();
    expect(await waiting()).to.deep.equal([1, 1, 0, 0]);
  });

  it('is published where too much would have to be said again', async () => {
    const { fanOut } = options();
    all.node = all.fixture.node(options({ deltaRecords: 8, fanOut: { ...fanOut!, costs } }));
    const before = all.published.length;
    for (let n = 0; n < 12; n++) {
      await groupChanges();
      await all.reportAll();
    }
    expect(all.published.length - before).to.be.within(1, 3);
    await all.expectConverged();
  });
});

describe('copies to some or one message for all', () => {
  const measured = { copyUs: 150, readUs: 60, publishUs: 200, attachUs: 2_000 };

  it('is a matter of what they cost the broker', () => {
    expect(isPartial(100, { hosts: 5_000, partitions: 10 }, measured)).to.equal(true);
    expect(isPartial(2_014, { hosts: 5_000, partitions: 10 }, measured)).to.equal(false);
    expect(isPartial(0, { hosts: 5_000, partitions: 10 }, { ...measured, readUs: 0 })).to.equal(true);
  });
});
