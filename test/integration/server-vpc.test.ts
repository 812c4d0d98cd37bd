import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { decodeWork } from '../../core/codec/work.ts';
import { PlatformError } from '../../core/errors.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { readServerConfig } from '../../server/config.ts';
import { openServerContext } from '../../server/context.ts';
import type { ServerContext } from '../../server/context.ts';
import { startServer } from '../../server/start.ts';
import type { RunningServer } from '../../server/start.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';

describe('the control service on a real broker and store', function () {
  this.timeout(60_000);
  let context: ServerContext;
  let server: RunningServer;
  let client: ControlClient;

  before(async () => {
    const { pulsarUrl, pulsarAdminUrl, redisUrl } = realServices();
    const run = randomUUID().slice(0, 8);
    const config = readServerConfig(
      {
        VPCAST_REDIS_URL: redisUrl,
        VPCAST_PULSAR_CLUSTERS: `home=${pulsarUrl}|${pulsarAdminUrl}`,
        VPCAST_TENANT: `server-${run}`,
        VPCAST_KEY_PREFIX: `server-${run}:`,
        VPCAST_WORK_PARTITIONS: '2',
        VPCAST_STATUS_PARTITIONS: '2',
        VPCAST_LOG_LEVEL: 'silent',
        VPCAST_HEALTH_ADDRESS: '127.0.0.1:0',
      },
      [],
    );
    context = await openServerContext(config);
    server = await startServer(context.parts, { address: '127.0.0.1:0', adminUrls: context.adminUrls });
    await server.prepared;
    client = openControlClient({ addresses: `127.0.0.1:${server.port}` });
  });
  after(async () => {
    client.close();
    await server.drain(0);
    await context.close();
  });

  const home = () => {
    const [cluster] = context.parts.clusters.values();
    if (cluster === undefined) throw new Error('no cluster');
    return cluster;
  };

  it('makes the topic of a VPC, wakes the infrastructure nodes, and takes the topic away again', async () => {
    const { topics, workPartitions } = context.parts;
    const woken = new Set<string>();
    const listening = await home().bus.subscribeGroup({
      topic: topics.work,
      partitions: workPartitions,
      subscription: subscriptions.infra,
      consumerName: 'test',
      order: 'by-key',
      handler: async (message) => {
        woken.add(decodeWork(message.properties).scope);
        await message.ack();
      },
    });
    try {
      const vpc = await client.createVpc({ vpc: { name: 'web', cidrs: ['10.0.0.0/8'] }, expectedHosts: 900 });
      const stats = await home().admin.topicStats(topics.vpc(vpc.id));
      expect(stats?.partitions).to.equal(2);
      expect(Object.keys(stats?.subscriptions ?? {})).to.deep.equal([subscriptions.hosts]);
      await eventually(() => {
        expect([...woken]).to.include(`vpc/${vpc.id}`);
      });
      await client.createSubnet({ subnet: { vpcId: vpc.id, cidr: '10.1.0.0/16' } });
      await client.deleteVpc({ id: vpc.id });
      expect(await home().admin.topicStats(topics.vpc(vpc.id))).to.equal(undefined);
    } finally {
      await listening.close();
    }
  });

  it('lets one of many overlapping subnets win, and says why the others did not', async () => {
    const { id: vpcId } = await client.createVpc({ vpc: {} });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 50 }, () => client.createSubnet({ subnet: { vpcId, cidr: '10.1.0.0/16' } })),
    );
    const { subnets } = await client.listSubnets({ vpcId });
    expect(subnets).to.have.length(1);
    const failed = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(failed).to.have.length(49);
    for (const { reason } of failed) {
      expect(reason).to.be.instanceOf(PlatformError);
      const { code, violations, resource } = PlatformError.from(reason);
      expect(code).to.equal('failed_precondition');
      expect(violations[0]?.field).to.equal('subnet.cidr');
      expect(resource).to.deep.equal({ type: 'subnet', id: subnets[0]?.id });
    }
  });

  it('makes one resource of parallel identical requests, and refuses other contents', async () => {
    const call = (name: string) => client.createVpc({ requestId: 'r1', vpc: { name } });
    const made = await Promise.all(Array.from({ length: 10 }, () => call('once')));
    for (const vpc of made) expect(vpc).to.deep.equal(made[0]);
    const error = PlatformError.from(await call('twice').catch((thrown: unknown) => thrown));
    expect(error.code).to.equal('invalid_argument');
    expect(error.violations[0]?.field).to.equal('request_id');
  });

  it('deletes a VPC or makes a port in it, never both', async () => {
    for (let round = 0; round < 10; round++) {
      const { id } = await client.createVpc({ vpc: {} });
      await client.createSubnet({ subnet: { vpcId: id, cidr: '10.1.0.0/16' } });
      const outcomes = await Promise.allSettled([
        client.deleteVpc({ id }),
        client.createPort({ port: { vpcId: id } }),
      ]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
    }
  });

  it('starts a second time on what is there', async () => {
    const again = await startServer(context.parts, { address: '127.0.0.1:0' });
    const second = openControlClient({ addresses: `127.0.0.1:${again.port}` });
    const { vpcs } = await second.listVpcs({});
    expect(vpcs).not.to.deep.equal([]);
    second.close();
    await again.drain(0);
  });
});
