import { expect } from 'chai';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { MemoryCluster } from '../../adapters/memory/bus-cluster.ts';
import { openMemoryStore } from '../../adapters/memory/store.ts';
import { controlPort } from '../../agent/context.ts';
import { systemClock } from '../../core/clock.ts';
import { silentLogger } from '../../core/logger.ts';
import { topicNames } from '../../core/placement/topics.ts';
import { startInfraNode } from '../../infra-node/start.ts';
import type { InfraNode } from '../../infra-node/start.ts';
import { LocalAgents } from '../../local/agents.ts';
import { differences } from '../../local/compare.ts';
import { forEachOf } from '../../local/pool.ts';
import { startServer } from '../../server/start.ts';
import { inconsistencies } from '../support/consistency.ts';
import { Crash } from '../support/crash.ts';
import { eventually } from '../support/eventually.ts';

const topics = topicNames('crashes');
const hosts = ['host-a', 'host-b', 'host-c'];
const SETTLE_MS = 60_000;
const AT_ONCE = 8;
/** Crash points are looked for in the calls of a node that does it all: about as many as there are. */
const STRIDE = Number(process.env['VPCAST_CRASH_STRIDE'] ?? 2);

interface World {
  readonly client: ControlClient;
  readonly agents: LocalAgents;
  /** A node of its own client; with a crash, in its hands. */
  node(crash?: Crash): Promise<InfraNode>;
  /** What was written is where it belongs. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

/** Everything but infrastructure nodes. */
async function createWorld(): Promise<World> {
  const store = openMemoryStore();
  const cluster = new MemoryCluster({ name: 'main' });
  const shared = { topics, clock: systemClock, logger: silentLogger };
  const clusters = new Map([['main', { ...cluster.openClient(), serviceUrl: 'memory' }]]);
  const limits = { hostsPerPartition: 2, maxPartitions: 4 };
  const parts = { ...shared, store, clusters, workPartitions: 2, statusPartitions: 2, limits };
  const server = await startServer(parts, { address: '127.0.0.1:0' });
  await server.prepared;
  const client = openControlClient({ addresses: `127.0.0.1:${server.port}` });
  const { bus } = cluster.openClient();
  const agents = new LocalAgents({
    ...{ control: controlPort(client), bus, logger: silentLogger },
    agent: { repeat: { baseMs: 100, maxMs: 1_000 }, snapshotGraceMs: 300 },
  });
  for (const host of hosts) await agents.start(host);
  const nodes: InfraNode[] = [];
  return {
    client,
    agents,
    node: async (crash) => {
      const { bus: own, admin } = cluster.openClient();
      const home = { name: 'main', bus: crash?.of(own) ?? own, admin: crash?.of(admin) ?? admin };
      const node = await Promise.race([
        startInfraNode({
          ...{ ...shared, store: crash?.of(store) ?? store, clusters: new Map([['main', home]]) },
          options: { sweepIntervalMs: 20, sweepAfterMs: 20, changesPage: 2, maxPayloadBytes: 1_000 },
        }),
        ...(crash === undefined ? [] : [crash.happened.then(() => undefined)]),
      ]);
      // The broker notices that its consumer is gone.
      void crash?.happened.then(() => own.close());
      if (node === undefined) throw new Error('it crashed before it had started');
      if (crash === undefined) nodes.push(node);
      return node;
    },
    whole: () =>
      eventually(async () => {
        expect(await differences(store, agents.running)).to.deep.equal([]);
        expect(await inconsistencies(store)).to.deep.equal([]);
      }, SETTLE_MS),
    stop: async () => {
      await agents.stopAll();
      await Promise.all(nodes.map((node) => node.close()));
      client.close();
      await server.drain(100);
      await cluster.close();
    },
  };
}

/** Two hosts have a VPC; one joins it, one leaves it, and what all of them hold of it changes. */
async function prepare({ client }: World): Promise<void> {
  await client.createVpc({ vpc: { id: 'v' } });
  await client.createSubnet({ subnet: { id: 's', vpcId: 'v', cidr: '10.0.0.0/24' } });
  await client.createPort({ port: { id: 'a', vpcId: 'v' }, hostId: 'host-a' });
  await client.createPort({ port: { id: 'b', vpcId: 'v' }, hostId: 'host-b' });
}

async function change({ client }: World): Promise<void> {
  await client.createPort({ port: { id: 'c', vpcId: 'v' }, hostId: 'host-c' });
  await client.unbindPort({ portId: 'a' });
  await client.createSecurityGroup({ securityGroup: { id: 'g', vpcId: 'v' } });
  await client.bindPort({ portId: 'a', hostId: 'host-b' });
}

interface Change {
  readonly make: (world: World) => Promise<unknown>;
  readonly check: (world: World) => void | Promise<void>;
}

const changes: Readonly<Record<string, Change>> = {
  'hosts join and leave': {
    make: change,
    check: ({ agents }) => {
      expect([...(agents.running.get('host-a')?.vpcs() ?? [])]).to.deep.equal([]);
      expect(agents.running.get('host-c')?.view('v')?.has('port/a')).to.equal(true);
    },
  },
  'a VPC is moved': {
    make: ({ client }) => client.moveVpc({ id: 'v', cluster: 'main', newTopic: true }),
    check: ({ client, agents }) =>
      eventually(async () => {
        expect((await client.getVpcStatus({ id: 'v' })).formerTopic).to.equal('');
        const listening = [...agents.running.values()].flatMap((agent) => agent.listening());
        expect(listening).to.have.members(['v/2', 'v/2']);
      }, SETTLE_MS),
  },
};

describe('an infrastructure node that crashes', function () {
  this.timeout(300_000);

  /** Crashes the node in what it has to do, and has another one do the rest. */
  async function run({ make, check }: Change, crash: Crash): Promise<void> {
    const world = await createWorld();
    try {
      await prepare(world);
      const first = await world.node();
      await world.whole();
      await first.drain();
      await make(world);
      const node = await world.node(crash);
      await Promise.race([world.whole().then(() => check(world)), crash.happened]);
      await Promise.race([node.close(), crash.happened]);
      await world.node();
      await world.whole();
      await check(world);
    } finally {
      await world.stop();
    }
  }

  for (const [what, made] of Object.entries(changes)) {
    it(`leaves the rest to another, wherever it stopped, where ${what}`, async () => {
      const counting = new Crash();
      await run(made, counting);
      // Looking for something to do goes on for ever; the last step of what there was to do is an advance.
      const starting = counting.calls.indexOf('subscribeGroup') + 1;
      const last = counting.calls.lastIndexOf('advance') + 1;
      expect(last, counting.calls.join()).to.be.greaterThan(starting + 20);
      const points = Array.from({ length: last - starting }, (_, i) => starting + 1 + i);
      const chosen = points.flatMap((call, i) =>
        i % STRIDE === 0
          ? [{ call, moment: i % (2 * STRIDE) === 0 ? ('before' as const) : ('after' as const) }]
          : [],
      );
      await forEachOf(chosen.length, AT_ONCE, async (n) => {
        const point = chosen[n]!;
        const crash = new Crash(point);
        await run(made, crash).catch((error: unknown) => {
          const calls = crash.calls.slice(-5).join();
          throw new Error(`${point.moment} call ${point.call} (${calls}): ${String(error)}`, {
            cause: error,
          });
        });
      });
    });
  }
});
