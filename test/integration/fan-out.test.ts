import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { MessagingCluster } from '../../core/messaging/port.ts';
import { keys, scopes } from '../../core/model/keys.ts';
import type { Lane } from '../../core/model/resources.ts';
import { defaultOptions } from '../../infra-node/deps.ts';
import type { BackendChoice } from '../../local/backend.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { forEachOf } from '../../local/pool.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';

/** From 20 hosts on, when a few changes have paid for it; 16 hosts read each partition. */
const fanOut = {
  ...defaultOptions.fanOut,
  ...{ hosts: 20, hostsPerPartition: 16 },
  costs: { ...defaultOptions.fanOut.costs, attachUs: 200 },
};
const ids = Array.from({ length: 40 }, (_, n) => `host-${n}`);
const WAIT_MS = 60_000;
const PAUSE_MS = 20;
const COUNTED = 20;

const backends: readonly (readonly [name: string, choice: () => BackendChoice])[] = [
  ['the embedded bus', () => 'embedded'],
  ['Pulsar and Redis', realServices],
];

for (const [name, choice] of backends) {
  describe(`a VPC that grows and shrinks under constant load, on ${name}`, function () {
    this.timeout(240_000);
    let platform: Platform;
    let cluster: MessagingCluster | undefined;
    let vpc = '';
    let changes = 0;
    let stop = new AbortController();
    let load = Promise.resolve();

    before(async () => {
      const backend = choice();
      platform = await startPlatform({
        hosts: ids,
        infraNodes: 2,
        backend,
        infra: { fanOut },
        agent: { heartbeatMs: 1_000 },
      });
      if (backend !== 'embedded') cluster = await platform.openCluster('main');
      ({ id: vpc } = await platform.client.createVpc({ vpc: {} }));
      await platform.client.createSubnet({ subnet: { vpcId: vpc, cidr: '10.0.0.0/16' } });
      begin();
    });
    after(async () => {
      await end();
      await platform.stop();
    });

    const change = async (): Promise<void> => {
      await platform.client.updateVpc({
        vpc: { id: vpc, name: `name ${++changes}` },
        updateMask: { paths: ['name'] },
      });
    };
    const begin = (): void => {
      stop = new AbortController();
      const { signal } = stop;
      load = (async () => {
        while (!signal.aborted) {
          await change();
          await delay(PAUSE_MS);
        }
      })();
    };
    const end = (): Promise<void> => {
      stop.abort();
      return load;
    };
    const join = (hosts: readonly string[]): Promise<void> =>
      forEachOf(hosts.length, 4, async (n) => {
        const hostId = hosts[n] ?? '';
        await platform.client.createPort({ port: { id: `p-${hostId}`, vpcId: vpc }, hostId });
      });
    const lane = async (): Promise<(Lane & { revision: number }) | undefined> => {
      const [record] = await platform.store.read(scopes.vpc(vpc), [keys.fanOutLane]);
      return record?.body === undefined
        ? undefined
        : { ...(JSON.parse(record.body) as Lane), revision: record.revision };
    };
    /** The lane has so many partitions, and these hosts, and nobody else, are counted as its readers. */
    const areRead = (partitions: number, hosts: readonly string[]): Promise<void> =>
      eventually(async () => {
        const now = await lane();
        expect(now?.partitions ?? 0).to.equal(partitions);
        for (const [id, agent] of platform.agents) {
          const said = agent.scopes().find(({ scope }) => scope === scopes.vpc(vpc));
          expect(said?.reading, id).to.equal(hosts.includes(id) ? now?.revision : undefined);
          expect(said?.tail, id).to.equal(undefined);
        }
      }, WAIT_MS);
    const sum = (counter: 'fanOuts' | 'copies'): number =>
      platform.infraNodes.reduce((total, { stats }) => total + stats[counter], 0);
    /** By the broker, where there is one. */
    const published = async (partitions: number): Promise<number> =>
      cluster === undefined
        ? partitions * sum('fanOuts')
        : ((await cluster.admin.topicStats(platform.topics.fanOut(vpc)))?.messagesIn ?? -1);

    it('is promoted when it has enough hosts', async () => {
      await join(ids.slice(0, 12));
      await areRead(0, []);
      await join(ids.slice(12, 24));
      await areRead(2, ids.slice(0, 24));
    });

    it('has its lane grow with it', async () => {
      await join(ids.slice(24));
      await areRead(3, ids);
      await end();
      await platform.settled(WAIT_MS);
    });

    it('costs one message for each partition and change, and no copy', async () => {
      const before = { published: await published(3), copies: sum('copies') };
      for (let n = 0; n < COUNTED; n++) {
        await change();
        await platform.settled(WAIT_MS);
      }
      expect((await published(3)) - before.published).to.equal(3 * COUNTED);
      expect(sum('copies')).to.equal(before.copies);
    });

    it('has an agent back that was killed meanwhile', async () => {
      begin();
      await platform.stopAgent('host-3');
      const at = changes;
      await eventually(() => {
        expect(changes).to.be.greaterThan(at + 20);
      }, WAIT_MS);
      await platform.startAgent('host-3');
      await areRead(3, ids);
    });

    it('is demoted when most of its hosts have left', async () => {
      const [left, staying] = [ids.slice(9), ids.slice(0, 9)];
      await forEachOf(left.length, 4, async (n) => {
        await platform.client.deletePort({ id: `p-${left[n]}` });
      });
      await areRead(0, []);
      await end();
      await platform.settled(WAIT_MS);
      for (const id of staying) expect(platform.agents.get(id)?.vpcs(), id).to.deep.equal([vpc]);
      for (const id of left) expect(platform.agents.get(id)?.vpcs(), id).to.deep.equal([]);
    });

    it('and no host that was left alone has missed anything on the way', () => {
      for (const [id, { counters }] of platform.agents) {
        if (id !== 'host-3') expect(counters, id).to.include({ gaps: 0, poison: 0 });
      }
    });
  });
}
