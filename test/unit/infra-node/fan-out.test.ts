import { expect } from 'chai';
import { decodeBody } from '../../../core/codec/envelope.ts';
import { decodeFanOutBody } from '../../../core/codec/fan-out.ts';
import { PlatformError } from '../../../core/errors.ts';
import { keys } from '../../../core/model/keys.ts';
import type { InfraOptions } from '../../../infra-node/deps.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Node } from '../../../infra-node/node.ts';
import { eventually } from '../../support/eventually.ts';
import { ReadingHosts } from './reading-hosts.ts';
import { nothing, port, resume, resync, topics, vpcId, vpcScope } from './vpc-fixture.ts';

const ids = ['h0', 'h1', 'h2', 'h3'];
const costs = { copyUs: 110, readUs: 10, publishUs: 0, attachUs: 200 };
/** Two multicasts pay for the readers of four hosts. */
const options: Partial<InfraOptions> = {
  fanOut: { hosts: 4, hostsPerPartition: 4, halfLifeMs: 60_000, longestRestMs: 0, costs },
};

describe('the fan-out lane of a VPC', () => {
  let all: ReadingHosts;
  let node: Node;
  beforeEach(async () => {
    all = new ReadingHosts();
    node = all.fixture.node(options);
    await all.join(node, ids);
  });

  const dispatch = (by = node): Promise<boolean> => dispatchScope(by, vpcScope, nothing);

  async function changes(count: number, by = node): Promise<void> {
    for (let i = 0; i < count; i++) {
      await all.change();
      await dispatch(by);
      for (const id of all.hosts.keys()) await all.report(id);
    }
  }

  /** All hosts know of the lane, and these read there. */
  async function promote(...readers: readonly string[]): Promise<void> {
    await changes(2);
    await laneOf(1);
    await dispatch();
    for (const id of ids) await all.report(id);
    await all.readAlong(node, ...readers);
    for (const id of readers) (await all.waiting(id)).splice(0);
  }

  /** The change of the record is not awaited by what is dispatched. */
  async function laneOf(partitions: number): Promise<void> {
    await eventually(async () => {
      expect((await all.lane())?.partitions ?? 0).to.equal(partitions);
    });
  }

  const head = async (): Promise<number> => (await all.fixture.store.status(vpcScope)).revision;

  describe('comes', () => {
    it('when there were enough multicasts to enough hosts, as a record that hosts receive', async () => {
      expect(await all.lane(), 'joining was one').to.equal(undefined);
      await changes(1);
      await laneOf(1);
      expect(await all.lane()).to.deep.include({ cluster: 'east', topic: topics.fanOut(vpcId) });
      expect(node.stats).to.include({ promoted: 1, demoted: 0 });
      expect(all.fixture.east.works(topics.work)).to.deep.include({ kind: 'dispatch', scope: vpcScope });
      await dispatch();
      for (const id of ids) await all.report(id);
      for (const id of ids) {
        expect(all.host(id).replicas.get(vpcScope)?.entries.has(keys.fanOutLane), id).to.equal(true);
      }
      await all.expectConverged();
      expect(all.published, 'nobody reads yet').to.have.length(0);
    });

    it('not to fewer hosts, unless the owner wishes so', async () => {
      await all.fixture.bind('p-h3', undefined);
      await changes(20);
      expect(await all.lane()).to.equal(undefined);
      await all.wish('fan-out');
      await dispatch();
      await laneOf(1);
    });

    it('not against the wish of the owner', async () => {
      await all.wish('copies');
      await changes(20);
      expect(await all.lane()).to.equal(undefined);
    });

    it('with its topic first, and grows with the hosts', async () => {
      const made: number[] = [];
      all.fixture.east.admin.ensureTopic = async (topic, partitions, subscriptions) => {
        expect([topic, subscriptions]).to.deep.equal([topics.fanOut(vpcId), []]);
        expect((await all.lane())?.partitions ?? 0).to.be.lessThan(partitions);
        made.push(partitions);
      };
      await promote(...ids);
      await all.fixture.bind('p-h4', ['h4']);
      await dispatch();
      await laneOf(2);
      expect(made).to.deep.equal([1, 2]);
    });

    it('later when the topic cannot be made, which holds nobody up', async () => {
      let answer: (error?: Error) => void = () => undefined;
      all.fixture.east.admin.ensureTopic = () =>
        new Promise((resolve, reject) => {
          answer = (error) => {
            if (error === undefined) resolve();
            else reject(error);
          };
        });
      await changes(3);
      await all.expectConverged();
      answer(new PlatformError('unavailable', 'no administrator'));
      await new Promise((resolve) => setImmediate(resolve));
      expect(await all.lane()).to.equal(undefined);
      await changes(1);
      answer();
      await laneOf(1);
    });

    it('to a VPC that is there, and goes with it', async () => {
      await promote(...ids);
      await all.fixture.write(vpcScope, (tx) => {
        tx.remove(keys.vpc(vpcId));
        tx.remove(keys.fanOutLane);
      });
      await changes(3);
      expect(await all.lane()).to.equal(undefined);
    });
  });

  describe('carries', () => {
    it('one message for all who read, and copies go to the others', async () => {
      await promote('h0', 'h1');
      const from = await head();
      const before = node.stats.copies;
      await all.change();
      await dispatch();
      expect(all.published).to.have.length(1);
      expect(all.publications()[0]).to.deep.include({
        ...{ scope: vpcScope, incarnation: 1, from, to: from + 1, part: 0, parts: 1 },
      });
      expect(node.stats).to.include({ copies: before + 2, fanOuts: 1 });
      expect([await all.waiting('h0'), await all.waiting('h1')]).to.deep.equal([[], []]);
      expect((await all.ranges('h2')).map(({ to }) => to)).to.deep.equal([from + 1]);
      for (const id of ids) await all.report(id);
      await all.expectConverged();
    });

    it('the whole port for those that it is bound on', async () => {
      await promote(...ids);
      await all.fixture.bind('p-h0', ['h0', 'h1'], 'renamed');
      await dispatch();
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
      for (const id of ids) await all.report(id);
      await all.expectConverged();
    });

    it('the same to each partition', async () => {
      node = all.fixture.node({ fanOut: { ...options.fanOut!, hostsPerPartition: 2 } });
      await changes(2);
      await laneOf(2);
      await dispatch();
      for (const id of ids) await all.report(id);
      await all.readAlong(node, ...ids);
      await changes(2);
      expect(all.publications(0)).to.deep.equal(all.publications(1));
      expect(all.publications(0)).to.have.length(2);
      await all.expectConverged();
    });

    it('what is large in parts', async () => {
      await promote(...ids);
      node = all.fixture.node({ ...options, maxPayloadBytes: 1_500 });
      for (let i = 0; i < 12; i++) await all.fixture.bind(`q${i}`, ['h0']);
      await dispatch();
      const headers = all.publications();
      expect(headers.length).to.be.greaterThan(2);
      expect(headers.map(({ part, parts }) => [part, parts])).to.deep.equal(
        headers.map((_, i) => [i, headers.length]),
      );
      for (const id of ids) await all.report(id);
      await all.expectConverged();
    });

    it('nothing that no broker takes: that goes to each host by itself', async () => {
      await promote(...ids);
      // The own forms of three hosts add up.
      await all.fixture.bind('p-h0', ['h0', 'h1', 'h2'], 'x'.repeat(1_600_000));
      await dispatch();
      expect(all.published).to.have.length(0);
      for (const id of ids) expect(await all.ranges(id), id).to.have.length(1);
      for (const id of ids) await all.report(id);
      await all.expectConverged();
      await changes(1);
      expect(all.published).to.have.length(1);
    });

    it('ranges that begin where the last of the readers was left', async () => {
      await promote('h0');
      const from = await head();
      // Dispatched, with nothing for hosts in it.
      await all.fixture.write(vpcScope, (tx) => {
        tx.put(keys.copiesLane, all.fixture.vpcLane);
      });
      await dispatch();
      await changes(1);
      await all.readAlong(node, 'h1');
      await changes(2);
      expect(all.publications().map((range) => [range.from - from, range.to - from])).to.deep.equal([
        [0, 2],
        [2, 3],
        [3, 4],
      ]);
      await all.expectConverged();
      expect(ids.map((id) => all.host(id).gaps)).to.deep.equal([0, 0, 0, 0]);
    });

    it('nothing to those who read a lane of before: they get copies until they have followed', async () => {
      await promote(...ids);
      await all.fixture.bind('p-h4', ['h4']);
      await dispatch();
      await laneOf(2);
      const published = all.published.length;
      await dispatch();
      expect(all.published, 'the news of the lane still goes by the old one').to.have.length(published + 1);
      for (const id of ids) await all.report(id);
      await changes(1);
      expect(all.published).to.have.length(published + 1);
      await all.readAlong(node, ...ids);
      await changes(1);
      expect(all.published).to.have.length(published + 3);
      await all.expectConverged(ids);
    });

    it('what it would to whoever another node counts as reading', async () => {
      await promote('h0', 'h1');
      const other = all.fixture.node(options);
      await changes(2, other);
      expect(all.published).to.have.length(2);
      expect(await all.waiting('h0')).to.have.length(0);
      await changes(1);
      expect(all.published).to.have.length(3);
      await all.expectConverged();
    });

    it('regardless of windows and leases, and a host that comes back asks for the rest', async () => {
      node = all.fixture.node({ ...options, windowBudget: 8 });
      await promote(...ids);
      for (let i = 0; i < 20; i++) {
        await all.change();
        await dispatch();
      }
      expect(all.published).to.have.length(20);
      expect(node.stats).to.include({ held: 0, asked: 0 });
      for (const id of ids) await all.report(id);
      await all.expectConverged();
    });
  });

  describe('goes', () => {
    it('when too few hosts are left, and all get copies again', async () => {
      await promote(...ids);
      for (const id of ['h1', 'h2', 'h3']) await all.fixture.bind(`p-${id}`, undefined);
      await dispatch();
      await laneOf(0);
      expect(node.stats).to.include({ promoted: 1, demoted: 1 });
      await dispatch();
      await all.report('h0');
      const published = all.published.length;
      await changes(2);
      expect(all.published).to.have.length(published);
      await all.expectConverged(['h0']);
    });

    it('when the owner wishes so, and comes again as another one', async () => {
      await promote(...ids);
      const before = (await all.lane())?.revision ?? 0;
      await all.wish('copies');
      await dispatch();
      await laneOf(0);
      await dispatch();
      for (const id of ids) await all.report(id);
      await all.wish('fan-out');
      await dispatch();
      await laneOf(1);
      expect((await all.lane())?.revision).to.be.greaterThan(before);
      await dispatch();
      const published = all.published.length;
      await changes(1);
      expect(all.published, 'nobody reads the new one yet').to.have.length(published);
      await all.expectConverged();
    });
  });

  describe('answers a host that reads since now', () => {
    it('with what came after its report, in its slot, and counts on it from then on', async () => {
      await promote();
      all.attach('h0');
      await all.report('h0');
      const from = await head();
      await all.change();
      await dispatch();
      const lost = (await all.waiting('h0')).splice(0);
      expect(lost, 'a copy until it is known to read').to.have.length(1);
      await dispatchScope(node, vpcScope, all.tails('h0'));
      const [answer, ...more] = await all.ranges('h0');
      expect(answer).to.include({ from, to: from + 1, ask: false, tail: 1 });
      expect(more).to.have.length(0);
      expect(node.stats.tails).to.equal(1);
      await changes(1);
      expect(all.published).to.have.length(1);
      await all.expectConverged();
      expect(all.host('h0').gaps).to.equal(0);
    });

    it('even if that is nothing', async () => {
      await promote();
      await all.readAlong(node, 'h0');
      const at = await head();
      expect(await all.ranges('h0')).to.have.length(1);
      expect((await all.ranges('h0'))[0]).to.include({ from: at, to: at, tail: 1 });
      expect(decodeBody((await all.waiting('h0'))[0]!.payload).entries).to.deep.equal([]);
    });

    it('as often as it asks, with the last number', async () => {
      await promote('h0');
      for (const n of [2, 3]) {
        await dispatchScope(node, vpcScope, all.tails('h0'));
        expect((await all.ranges('h0')).at(-1)).to.include({ tail: n });
      }
    });

    it('with a snapshot where it is too far behind, and then the answer', async () => {
      node = all.fixture.node({ ...options, deltaRecords: 3 });
      await promote(...ids);
      all.detach('h0');
      for (let i = 0; i < 6; i++) await all.change(`q${i}`);
      await dispatch();
      all.attach('h0');
      await all.report('h0');
      await dispatchScope(node, vpcScope, all.tails('h0'));
      expect((await all.headers('h0')).map(({ kind }) => kind)).to.deep.equal(['snapshot']);
      await all.report('h0');
      await dispatchScope(node, vpcScope, all.tails('h0'));
      expect(await all.ranges('h0')).to.have.length(1);
      await changes(1);
      await all.expectConverged();
      expect(all.host('h0').gaps).to.equal(0);
    });

    it('at no epoch but its own', async () => {
      await promote();
      const tails = new Map([
        ['h0', { epoch: 2, tail: 1 }],
        ['nobody', { epoch: 1, tail: 1 }],
      ]);
      await dispatchScope(node, vpcScope, { ...nothing, tails });
      expect(await all.waiting('h0')).to.have.length(0);
      expect(node.stats.tails).to.equal(0);
    });

    it('also if it is held, and takes what it lacks', async () => {
      node = all.fixture.node({ ...options, windowBudget: 4 });
      await promote('h1');
      for (let i = 0; i < 6; i++) {
        await all.change();
        await dispatch();
      }
      expect(await all.ranges('h0'), 'its window').to.have.length(2);
      (await all.waiting('h0')).splice(0);
      await all.readAlong(node, 'h0');
      await all.report('h0');
      await changes(1);
      await all.expectConverged(['h0', 'h1']);
      expect(all.host('h0').gaps).to.equal(0);
    });

    it('and does not hold up a snapshot that another asks for', async () => {
      await promote('h0');
      const demand = { ...resync(['h1', 1]), tails: all.tails('h0').tails };
      await dispatchScope(node, vpcScope, demand);
      expect((await all.headers('h1')).at(-1)?.kind).to.equal('snapshot');
      expect((await all.ranges('h0')).at(-1)).to.include({ tail: 2 });
    });
  });

  it('has advanced nothing when a partition does not take a message, and publishes again', async () => {
    node = all.fixture.node({ fanOut: { ...options.fanOut!, hostsPerPartition: 2 } });
    await changes(2);
    await laneOf(2);
    await dispatch();
    for (const id of ids) await all.report(id);
    await all.readAlong(node, ...ids);
    await all.change();
    const before = await all.fixture.store.status(vpcScope);
    all.fixture.east.onPublish = ({ partition }) => {
      if (partition === 1) throw new PlatformError('unavailable', 'no broker');
    };
    const failed = await dispatch().catch((error: unknown) => PlatformError.from(error));
    expect(failed).to.include({ code: 'unavailable' });
    expect((await all.fixture.store.status(vpcScope)).dispatched).to.equal(before.dispatched);
    all.fixture.east.onPublish = () => undefined;
    await all.change();
    await dispatch();
    const [again] = all.publications(1);
    expect(again?.from).to.equal(before.dispatched);
    expect(all.publications(0).map(({ from, to }) => [from, to])).to.deep.equal([
      [before.dispatched, before.revision],
      [before.dispatched, before.revision + 1],
    ]);
    for (const id of ids) await all.report(id);
    await all.expectConverged();
    expect(ids.map((id) => all.host(id).gaps)).to.deep.equal([0, 0, 0, 0]);
  });

  it('is not relied on for what was noted as lost: that is sent again to the host alone', async () => {
    await promote(...ids);
    await all.change();
    await dispatch();
    all.detach('h0');
    all.attach('h0');
    await all.report('h0');
    await all.forgetSent('h0');
    await dispatchScope(node, vpcScope, resume);
    expect(await all.ranges('h0')).to.have.length(1);
    for (const id of ids) await all.report(id);
    await changes(1);
    await all.expectConverged();
    expect(all.host('h0').gaps).to.equal(0);
  });
});
