import { expect } from 'chai';
import { PlatformError } from '../../../core/errors.ts';
import { keys } from '../../../core/model/keys.ts';
import { ReadingHosts, ids } from './reading-hosts.ts';
import { topics, vpcId, vpcScope } from './vpc-fixture.ts';

describe('the fan-out lane of a VPC', () => {
  let all: ReadingHosts;
  beforeEach(async () => {
    all = await ReadingHosts.joined();
  });

  describe('comes', () => {
    it('when there were enough multicasts to enough hosts, as a record that hosts receive', async () => {
      expect(await all.lane(), 'joining was one').to.equal(undefined);
      await all.changes(1);
      await all.untilLane(1);
      expect(await all.lane()).to.deep.include({ cluster: 'east', topic: topics.fanOut(vpcId) });
      expect(all.node.stats).to.include({ promoted: 1, demoted: 0 });
      expect(all.fixture.east.works(topics.work)).to.deep.include({ kind: 'dispatch', scope: vpcScope });
      await all.dispatch();
      await all.reportAll();
      for (const id of ids) {
        expect(all.host(id).replicas.get(vpcScope)?.entries.has(keys.fanOutLane), id).to.equal(true);
      }
      await all.expectConverged();
      expect(all.published, 'nobody reads yet').to.have.length(0);
    });

    it('not to fewer hosts, unless the owner wishes so', async () => {
      await all.fixture.bind('p-h3', undefined);
      await all.changes(20);
      expect(await all.lane()).to.equal(undefined);
      await all.wish('fan-out');
      await all.dispatch();
      await all.untilLane(1);
    });

    it('not against the wish of the owner', async () => {
      await all.wish('copies');
      await all.changes(20);
      expect(await all.lane()).to.equal(undefined);
    });

    it('with its topic first, and grows with the hosts', async () => {
      const made: number[] = [];
      all.fixture.east.admin.ensureTopic = async (topic, partitions, subscriptions) => {
        expect([topic, subscriptions]).to.deep.equal([topics.fanOut(vpcId), []]);
        expect((await all.lane())?.partitions ?? 0).to.be.lessThan(partitions);
        made.push(partitions);
      };
      await all.promote(1, ...ids);
      await all.fixture.bind('p-h4', ['h4']);
      await all.dispatch();
      await all.untilLane(2);
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
      await all.changes(3);
      await all.expectConverged();
      answer(new PlatformError('unavailable', 'no administrator'));
      await new Promise((resolve) => setImmediate(resolve));
      expect(await all.lane()).to.equal(undefined);
      await all.changes(1);
      answer();
      await all.untilLane(1);
    });

    it('to a VPC that is there, and goes with it', async () => {
      await all.promote(1, ...ids);
      await all.fixture.write(vpcScope, (tx) => {
        tx.remove(keys.vpc(vpcId));
        tx.remove(keys.fanOutLane);
      });
      await all.changes(3);
      expect(await all.lane()).to.equal(undefined);
    });
  });

  describe('goes', () => {
    it('when too few hosts are left, and all get copies again', async () => {
      await all.promote(1, ...ids);
      for (const id of ['h1', 'h2', 'h3']) await all.fixture.bind(`p-${id}`, undefined);
      await all.dispatch();
      await all.untilLane(0);
      expect(all.node.stats).to.include({ promoted: 1, demoted: 1 });
      await all.dispatch();
      await all.report('h0');
      const published = all.published.length;
      await all.changes(2);
      expect(all.published).to.have.length(published);
      await all.expectConverged(['h0']);
    });

    it('when the owner wishes so, and comes again as another one', async () => {
      await all.promote(1, ...ids);
      const before = (await all.lane())?.revision ?? 0;
      await all.wish('copies');
      await all.dispatch();
      await all.untilLane(0);
      await all.dispatch();
      await all.reportAll();
      await all.wish('fan-out');
      await all.dispatch();
      await all.untilLane(1);
      expect((await all.lane())?.revision).to.be.greaterThan(before);
      await all.dispatch();
      const published = all.published.length;
      await all.changes(1);
      expect(all.published, 'nobody reads the new one yet').to.have.length(published);
      await all.expectConverged();
    });
  });
});
