import { expect } from 'chai';
import { scopes } from '../../core/model/keys.ts';
import type { CopiesLane } from '../../core/model/resources.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { forEachOf } from '../../local/pool.ts';
import { readLane } from '../../server/lanes.ts';
import { inconsistencies } from '../support/consistency.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';

const hosts = Array.from({ length: 5 }, (_, n) => `host-${n}`);
const ids = ['one', 'two', 'three'];

describe('small VPCs on one topic of a real broker', function () {
  this.timeout(180_000);
  let platform: Platform;

  before(async () => {
    platform = await startPlatform({
      ...{ hosts, infraNodes: 1, backend: realServices(), copiesNamespaces: 2 },
      limits: { hostsPerPartition: 8, maxPartitions: 8, sharedHosts: 3 },
    });
  });
  after(() => platform.stop());

  const laneOf = async (id: string): Promise<CopiesLane> => {
    const lane = await readLane(platform.store, scopes.vpc(id));
    if (lane === undefined) throw new Error(`${id} has no lane`);
    return lane;
  };
  const consumersOf = async (topic: string) => {
    const stats = await (await platform.openCluster('main')).admin.topicStats(topic);
    return stats?.subscriptions['hosts'];
  };

  it('reach the hosts of each, and one grows out while it is written to', async () => {
    const { client } = platform;
    for (const [n, id] of ids.entries()) {
      await client.createVpc({ vpc: { id } });
      await client.createSubnet({ subnet: { id: `${id}-s`, vpcId: id, cidr: '10.0.0.0/16' } });
      // The first host has all of them.
      for (const hostId of [hosts[0], hosts[n + 1]]) {
        await client.createPort({ port: { id: `${id}-${hostId}`, vpcId: id }, hostId: hostId ?? '' });
      }
    }
    await platform.settled(60_000);
    const { topic } = await laneOf('one');
    for (const id of ids) expect((await laneOf(id)).topic).to.equal(topic);
    expect((await consumersOf(topic))?.consumers).to.have.length(6);

    const lost: string[] = [];
    const looking = setInterval(() => {
      for (const id of ids) {
        if (platform.agents.get('host-0')?.view(id)?.has(`port/${id}-host-0`) !== true) lost.push(id);
      }
    }, 5);
    await forEachOf(30, 3, async (n) => {
      // The third host of the VPC fits, the next one does not.
      const hostId = n < 5 ? 'host-0' : (hosts[n % hosts.length] ?? '');
      const id = `load-${n}`;
      await client.createPort({ port: { id, vpcId: 'one' }, hostId });
      if (n % 3 === 0) await client.deletePort({ id });
      await client.createPort({ port: { id: `two-${n}`, vpcId: 'two' }, hostId: 'host-0' });
    });
    await platform.settled(60_000);
    clearInterval(looking);
    expect(lost).to.deep.equal([]);
    await eventually(async () => {
      const { block, former } = await laneOf('one');
      expect({ block, former }).to.deep.equal({ block: undefined, former: undefined });
    }, 60_000);
    const { topic: grownTo } = await laneOf('one');
    expect((await consumersOf(grownTo))?.consumers).to.have.length(hosts.length);
    expect((await consumersOf(topic))?.consumers).to.have.length(4);
    await eventually(async () => {
      for (const each of [grownTo, topic]) expect((await consumersOf(each))?.backlog, each).to.equal(0);
    }, 20_000);
    for (const agent of platform.agents.values()) expect(agent.counters.foreign).to.equal(0);
    expect(await inconsistencies(platform.store)).to.deep.equal([]);
  });
});
