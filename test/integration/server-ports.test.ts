import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { RequestInput } from '../../adapters/grpc/methods.ts';
import { MemoryCluster } from '../../adapters/memory/bus-cluster.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { systemClock } from '../../core/clock.ts';
import { silentLogger } from '../../core/logger.ts';
import { scopes } from '../../core/model/keys.ts';
import { topicNames } from '../../core/placement/topics.ts';
import type { Store } from '../../core/store/port.ts';
import type { ServerDeps } from '../../server/deps.ts';
import { prepareCluster } from '../../server/prepare.ts';
import { takeReport } from '../../server/reports/take-report.ts';
import { registerHost } from '../../server/rpc/host/register-host.ts';
import { bindPort } from '../../server/rpc/port/bind-port.ts';
import { createPort } from '../../server/rpc/port/create-port.ts';
import { listPorts } from '../../server/rpc/port/list-ports.ts';
import { migratePort } from '../../server/rpc/port/migrate-port.ts';
import { createSubnet } from '../../server/rpc/subnet/create-subnet.ts';
import { createVpc } from '../../server/rpc/vpc/create-vpc.ts';
import { realServices } from '../support/real-services.ts';
import { request, takeDeps } from '../unit/server/control-plane.ts';

/** The store is what concurrent calls meet in; where messages go does not matter here. */
describe('ports on a real store', function () {
  this.timeout(60_000);
  let store: Store;
  let deps: ServerDeps;

  before(async () => {
    const run = randomUUID().slice(0, 8);
    store = openRedisStore({ url: realServices().redisUrl, cluster: false, keyPrefix: `ports-${run}:` });
    const { name, bus, admin } = new MemoryCluster({ name: 'home' });
    deps = {
      store,
      clusters: new Map([[name, { name, bus, admin, serviceUrl: 'pulsar://home' }]]),
      topics: topicNames('test'),
      workPartitions: 1,
      statusPartitions: 1,
      limits: { hostsPerPartition: 4, maxPartitions: 8 },
      clock: systemClock,
      logger: silentLogger,
      wake: () => undefined,
    };
    for (const each of deps.clusters.values()) await prepareCluster(deps, each, undefined, { attempts: 1 });
    await createVpc(deps, request('CreateVpc', { vpc: { id: 'v1' } }));
    const subnet = { id: 's1', vpcId: 'v1', cidr: '10.0.0.0/25' };
    await createSubnet(deps, request('CreateSubnet', { subnet }));
    await Promise.all(
      Array.from({ length: 10 }, (_, i) => {
        const host = { id: `h${i}`, vtepIp: `192.0.2.${i + 1}` };
        return registerHost(deps, request('RegisterHost', { host }));
      }),
    );
  });
  after(() => store.close());

  const create = (port: NonNullable<RequestInput<'CreatePort'>['port']> = {}) =>
    createPort(deps, request('CreatePort', { port: { vpcId: 'v1', ...port } }));

  it('gives concurrent calls different addresses, and one address to one of them', async () => {
    const ports = await Promise.all(Array.from({ length: 100 }, (_, i) => create({ id: `p${i}` })));
    expect(new Set(ports.map((port) => port.fixedIps?.[0]?.ipAddress))).to.have.lengthOf(100);
    const free = Array.from({ length: 124 }, (_, i) => `10.0.0.${i + 2}`).find(
      (ip) => !ports.some((port) => port.fixedIps?.[0]?.ipAddress === ip),
    );
    const wish = { fixedIps: [{ ipAddress: free ?? '' }] };
    const race = await Promise.allSettled(Array.from({ length: 10 }, () => create(wish)));
    expect(race.filter((outcome) => outcome.status === 'fulfilled')).to.have.lengthOf(1);
    expect(await store.counters(scopes.vpc('v1'), ['ports', 'subnet-ports/s1'])).to.deep.equal([101, 101]);
  });

  it('binds and migrates concurrently, and believes only the host that has the port', async () => {
    const hostOf = (i: number): string => `h${i % 10}`;
    await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        bindPort(deps, request('BindPort', { portId: `p${i}`, hostId: hostOf(i) })),
      ),
    );
    await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        migratePort(deps, request('MigratePort', { portId: `p${i}`, hostId: hostOf(i + 1) })),
      ),
    );
    const members = await store.list(scopes.vpc('v1'), 'member', '', 100);
    expect(members).to.have.lengthOf(10);
    const { revision } = await store.status(scopes.vpc('v1'));
    const part = { scope: scopes.vpc('v1'), epoch: 1, incarnation: 1, failures: [], needsSnapshot: false };
    const report = { host: 'h1', sentAtMs: 1, left: [], scopes: [{ ...part, revision }] };
    await takeReport(takeDeps({ deps }), report);
    const { ports = [] } = await listPorts(deps, request('ListPorts', { hostId: 'h1' }));
    const expected = Array.from({ length: 100 }, (_, i) => `p${i}`).filter(
      (_id, i) => (i < 50 ? i + 1 : i) % 10 === 1,
    );
    expect(ports.map((port) => port.id)).to.have.members(expected);
    expect(new Set(ports.map((port) => port.status))).to.deep.equal(new Set(['APPLY_STATUS_ACTIVE']));
    const { ports: all = [] } = await listPorts(deps, request('ListPorts', { vpcId: 'v1', pageSize: 1_000 }));
    expect(all.filter((port) => port.status === 'APPLY_STATUS_ACTIVE')).to.have.lengthOf(10);
  });
});
