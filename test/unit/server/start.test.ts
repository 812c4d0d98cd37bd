import { expect } from 'chai';
import { openControlClient } from '../../../adapters/grpc/client.ts';
import type { ControlClient } from '../../../adapters/grpc/methods.ts';
import { MemoryCluster } from '../../../adapters/memory/bus-cluster.ts';
import { openMemoryStore } from '../../../adapters/memory/store.ts';
import { systemClock } from '../../../core/clock.ts';
import { PlatformError } from '../../../core/errors.ts';
import { silentLogger } from '../../../core/logger.ts';
import { topicNames } from '../../../core/placement/topics.ts';
import type { Store } from '../../../core/store/port.ts';
import { startServer } from '../../../server/start.ts';
import type { RunningServer } from '../../../server/start.ts';
import { eventually } from '../../support/eventually.ts';
import { failure } from './control-plane.ts';

const topics = topicNames('start');

describe('a server that starts while a cluster is away', () => {
  let store: Store;
  let clusters: MemoryCluster[];
  const away = new Set<string>();
  const open: { server: RunningServer; client: ControlClient }[] = [];
  beforeEach(() => {
    store = openMemoryStore();
    clusters = ['home', 'other'].map((name) => new MemoryCluster({ name }));
    away.clear();
  });
  afterEach(async () => {
    for (const { server, client } of open.splice(0)) {
      client.close();
      await server.drain(0);
    }
  });

  /** Of a cluster: refuses while it is away. */
  function guarded<T extends object>(name: string, port: T): T {
    return new Proxy(port, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown =>
          away.has(name)
            ? Promise.reject(new PlatformError('unavailable', `${name} is away`))
            : (value.bind(target) as (...all: unknown[]) => unknown)(...args);
      },
    });
  }

  async function start(): Promise<{ server: RunningServer; client: ControlClient }> {
    const server = await startServer(
      {
        store,
        clusters: new Map(
          clusters.map(({ name, bus, admin }) => [
            name,
            { name, bus: guarded(name, bus), admin: guarded(name, admin), serviceUrl: `memory://${name}` },
          ]),
        ),
        ...{ topics, workPartitions: 2, statusPartitions: 2, clock: systemClock, logger: silentLogger },
        limits: { hostsPerPartition: 10, maxPartitions: 4 },
      },
      { address: '127.0.0.1:0' },
    );
    const client = openControlClient({ addresses: `127.0.0.1:${server.port}`, retry: { attempts: 1 } });
    open.push({ server, client });
    return { server, client };
  }

  const register = (client: ControlClient, id: string, cluster = 'home') =>
    client.registerHost({
      host: { id, vtepIp: `192.0.2.${id.slice(1)}`, macAddress: `02:00:00:00:00:0${id.slice(1)}` },
      cluster,
    });

  it('takes what needs the store only, and the rest when the cluster is back', async () => {
    const first = await start();
    await first.server.prepared;
    const { id: vpcId } = await first.client.createVpc({ vpc: {}, cluster: 'home' });
    await first.server.drain(0);

    away.add('home').add('other');
    const { server, client } = await start();
    const subnet = await client.createSubnet({ subnet: { vpcId, cidr: '10.0.0.0/16' } });
    expect((await client.getSubnet({ id: subnet.id })).cidr).to.equal('10.0.0.0/16');
    expect((await failure(() => client.createVpc({ vpc: {}, cluster: 'home' }))).code).to.equal(
      'unavailable',
    );
    away.clear();
    await server.prepared;
    await client.createVpc({ vpc: {}, cluster: 'home' });
    await register(client, 'h1');
  });

  it('refuses for now what a cluster that was never there is needed for', async () => {
    away.add('home').add('other');
    const { client, server } = await start();
    expect((await failure(() => client.createVpc({ vpc: {} }))).code).to.equal('unavailable');
    expect((await failure(() => register(client, 'h1', ''))).code).to.equal('unavailable');
    away.delete('home');
    const { prepared } = server;
    await eventually(async () => {
      await register(client, 'h1');
    });
    away.delete('other');
    await prepared;
    await register(client, 'h2', 'other');
  });

  it('stops although it never came', async () => {
    away.add('home').add('other');
    const { server } = await start();
    await server.drain(0);
    await server.prepared.catch(() => undefined);
  });
});
