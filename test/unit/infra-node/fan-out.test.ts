import { expect } from 'chai';
import { decodeFanOutBody } from '../../../core/codec/fan-out.ts';
import { PlatformError } from '../../../core/errors.ts';
import { keys } from '../../../core/model/keys.ts';
import { ReadingHosts, ids, options } from './reading-hosts.ts';
import { port, vpcScope } from './vpc-fixture.ts';

describe('a fan-out lane carries', () => {
  let all: ReadingHosts;
  beforeEach(async () => {
    all = await ReadingHosts.joined();
  });

  it('one message for all who read, and copies go to the others', async () => {
    await all.promote(1, 'h0', 'h1');
    const from = await all.head();
    const before = all.node.stats.copies;
    await all.change();
    await all.dispatch();
    expect(all.published).to.have.length(1);
    expect(all.publications()[0]).to.deep.include({
      ...{ scope: vpcScope, incarnation: 1, from, to: from + 1, part: 0, parts: 1 },
    });
    expect(all.node.stats).to.include({ copies: before + 2, fanOuts: 1 });
    expect([await all.waiting('h0'), await all.waiting('h1')]).to.deep.equal([[], []]);
    expect((await all.ranges('h2')).map(({ to }) => to)).to.deep.equal([from + 1]);
    await all.reportAll();
    await all.expectConverged();
  });

  it('the whole port for those that it is bound on', async () => {
    await all.promote(1, ...ids);
    await all.fixture.bind('p-h0', ['h0', 'h1'], 'renamed');
    await all.dispatch();
    const [message] = all.published;
    const forms = Object.fromEntries(
      ids.map((id) => [
        id,
        decodeFanOutBody(message!.payload, id).map(({ body }) => JSON.parse(body!) as object),
      ]),
    );
    expect(forms['h0']).to.deep.equal([port('p-h0', ['h0', 'h1'], 'renamed')]);
    expect(forms['h1']).to.deep.equal(forms['h0']);
    expect(forms['h2']).to.have.nested.property('[0].kind', 'neighbor');
    await all.reportAll();
    await all.expectConverged();
  });

  it('the same to each partition', async () => {
    all.node = all.fixture.node(options({}, 2));
    await all.changes(2);
    await all.untilLane(2);
    await all.dispatch();
    await all.reportAll();
    await all.readAlong(...ids);
    await all.changes(2);
    expect(all.publications(0)).to.deep.equal(all.publications(1));
    expect(all.publications(0)).to.have.length(2);
    await all.expectConverged();
  });

  it('what is large in parts', async () => {
    await all.promote(1, ...ids);
    all.node = all.fixture.node(options({ maxPayloadBytes: 1_500 }));
    for (let i = 0; i < 12; i++) await all.fixture.bind(`q${i}`, ['h0']);
    await all.dispatch();
    const headers = all.publications();
    expect(headers.length).to.be.greaterThan(2);
    expect(headers.map(({ part, parts }) => [part, parts])).to.deep.equal(
      headers.map((_, i) => [i, headers.length]),
    );
    await all.reportAll();
    await all.expectConverged();
  });

  it('nothing that no broker takes: that goes to each host by itself', async () => {
    await all.promote(1, ...ids);
    // The own forms of three hosts add up.
    await all.fixture.bind('p-h0', ['h0', 'h1', 'h2'], 'x'.repeat(1_600_000));
    await all.dispatch();
    expect(all.published).to.have.length(0);
    for (const id of ids) expect(await all.ranges(id), id).to.have.length(1);
    await all.reportAll();
    await all.expectConverged();
    await all.changes(1);
    expect(all.published).to.have.length(1);
  });

  it('ranges that begin where the last of the readers was left', async () => {
    await all.promote(1, 'h0');
    const from = await all.head();
    // Dispatched, with nothing for hosts in it.
    await all.fixture.write(vpcScope, (tx) => {
      tx.put(keys.copiesLane, all.fixture.vpcLane);
    });
    await all.dispatch();
    await all.changes(1);
    await all.readAlong('h1');
    await all.changes(2);
    expect(all.publications().map((range) => [range.from - from, range.to - from])).to.deep.equal([
      [0, 2],
      [2, 3],
      [3, 4],
    ]);
    await all.expectConverged();
    expect(ids.map((id) => all.host(id).gaps)).to.deep.equal([0, 0, 0, 0]);
  });

  it('nothing to those who read a lane of before: they get copies until they have followed', async () => {
    await all.promote(1, ...ids);
    await all.fixture.bind('p-h4', ['h4']);
    await all.dispatch();
    await all.untilLane(2);
    const published = all.published.length;
    await all.dispatch();
    expect(all.published, 'the news of the lane still goes by the old one').to.have.length(published + 1);
    await all.reportAll();
    await all.changes(1);
    expect(all.published).to.have.length(published + 1);
    await all.readAlong(...ids);
    await all.changes(1);
    expect(all.published).to.have.length(published + 3);
    await all.expectConverged(ids);
  });

  it('what it would to whoever another node counts as reading', async () => {
    await all.promote(1, 'h0', 'h1');
    const other = all.fixture.node(options());
    await all.changes(2, other);
    expect(all.published).to.have.length(2);
    expect(await all.waiting('h0')).to.have.length(0);
    await all.changes(1);
    expect(all.published).to.have.length(3);
    await all.expectConverged();
  });

  it('regardless of windows and leases, and a host that comes back asks for the rest', async () => {
    all.node = all.fixture.node(options({ windowBudget: 8 }));
    await all.promote(1, ...ids);
    for (let i = 0; i < 20; i++) {
      await all.change();
      await all.dispatch();
    }
    expect(all.published).to.have.length(20);
    expect(all.node.stats).to.include({ held: 0, asked: 0 });
    await all.reportAll();
    await all.expectConverged();
  });

  it('a group to those that it concerns, also to a reader that is sent nothing', async () => {
    const { store } = all.fixture;
    await all.fixture.group('g1', []);
    await all.fixture.bind('p-h3', ['h3'], '', ['g1']);
    await all.promote(1, ...ids);
    const { token, dispatched } = await store.beginDispatch(vpcScope);
    const sent = new Map([['h3', ((await store.marks(vpcScope)).at(-1) ?? 0) - 1]]);
    expect(await store.advance({ scope: vpcScope, token, dispatched, sent })).to.equal(true);
    const before = all.published.length;
    await all.fixture.group('g1', [], 'changed');
    await all.change();
    await all.dispatch();
    const published = all.published.slice(before);
    expect(published).to.have.length(1);
    // It may come before what makes up for it.
    for (const message of published) all.host('h3').read(message);
    await all.reportAll();
    const held = (id: string) => all.host(id).replicas.get(vpcScope)?.entries.get(keys.securityGroup('g1'));
    expect(held('h3')?.body).to.contain('changed');
    expect(held('h0')).to.equal(undefined);
    await all.expectConverged();
  });

  it('what one of its partitions did not take once more: nothing has advanced', async () => {
    all.node = all.fixture.node(options({}, 2));
    await all.changes(2);
    await all.untilLane(2);
    await all.dispatch();
    await all.reportAll();
    await all.readAlong(...ids);
    await all.change();
    const before = await all.fixture.store.status(vpcScope);
    all.fixture.east.onPublish = ({ partition }) => {
      if (partition === 1) throw new PlatformError('unavailable', 'no broker');
    };
    const failed = await all.dispatch().catch((error: unknown) => PlatformError.from(error));
    expect(failed).to.include({ code: 'unavailable' });
    expect((await all.fixture.store.status(vpcScope)).dispatched).to.equal(before.dispatched);
    all.fixture.east.onPublish = () => undefined;
    await all.change();
    await all.dispatch();
    const [again] = all.publications(1);
    expect(again?.from).to.equal(before.dispatched);
    expect(all.publications(0).map(({ from, to }) => [from, to])).to.deep.equal([
      [before.dispatched, before.revision],
      [before.dispatched, before.revision + 1],
    ]);
    await all.reportAll();
    await all.expectConverged();
    expect(ids.map((id) => all.host(id).gaps)).to.deep.equal([0, 0, 0, 0]);
  });
});
