import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { identify, isRunning } from '../../scripts/process.ts';
import type { ProcessIdentity } from '../../scripts/process.ts';
import { pulsarIsHealthy } from '../../scripts/services/pulsar.ts';
import { redisIsHealthy } from '../../scripts/services/redis.ts';
import type { Endpoints } from '../../scripts/stack/deployment.ts';
import { realServices } from '../support/real-services.ts';
import { runCommand, runScript } from '../support/run-command.ts';

const HOSTS = ['stack-a', 'stack-b', 'stack-c'];
const ADDRESS = /^127\.0\.0\.1:\d{4,5}$/;

describe('npm run stack', function () {
  this.timeout(90_000);
  let parent: string;
  let dir: string;
  let endpoints: Endpoints;
  let processes: ProcessIdentity[];

  const up = () => {
    const { pulsarUrl, pulsarAdminUrl, redisUrl } = realServices();
    const services = ['--pulsar', pulsarUrl, '--pulsar-admin', pulsarAdminUrl, '--redis', redisUrl];
    return runScript('stack', 'up', '--hosts', HOSTS.join(','), '--dir', dir, ...services);
  };

  before(async () => {
    parent = await mkdtemp(join(tmpdir(), 'vpcast-stack-'));
    dir = join(parent, 'stack');
  });
  after(async () => {
    if (existsSync(dir)) await runScript('stack', 'down', '--dir', dir);
    await rm(parent, { recursive: true, force: true });
  });

  it('has nothing to show before it is up', async () => {
    const { code, stdout, stderr } = await runScript('stack', 'status', '--dir', dir);
    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.contain('no stack is up');
  });

  const mistakes = [
    ['up', '--colour'],
    ['up'],
    ['up', '--hosts', 'a,b,a'],
    ['up', '--hosts', 'a b'],
    ['up', '--hosts', 'a', '--infra-nodes', '0'],
    ['up', '--hosts', 'a', '--redis', 'redis://127.0.0.1:6379'],
    ['sideways'],
  ];
  it('says what is wrong with its arguments, and does nothing', async () => {
    for (const mistake of mistakes) {
      const { code, stdout, stderr } = await runScript('stack', ...mistake, '--dir', dir);
      expect([code, stdout], mistake.join(' ')).to.deep.equal([1, '']);
      expect(stderr, mistake.join(' '))
        .to.match(/\S/)
        .and.not.to.match(/^ +at /m);
      expect(existsSync(dir), mistake.join(' ')).to.equal(false);
    }
  });

  it('comes up and tells where everything is', async () => {
    const { code, stdout, stderr } = await up();
    expect(code, stderr).to.equal(0);
    expect(stdout.trimEnd().split('\n'), 'nothing but one line').to.have.length(1);
    endpoints = JSON.parse(stdout) as Endpoints;
    expect(endpoints.grpc).to.match(ADDRESS);
    expect(endpoints.services).to.deep.equal(realServices());
    const agents = HOSTS.map((host) => `agent-${host}`);
    expect(endpoints.programs).to.have.all.keys('server', 'infra-node-0', 'infra-node-1', ...agents);
    processes = Object.values(endpoints.programs).map(({ pid }) => {
      const identity = identify(pid);
      if (identity === undefined) throw new Error(`no process ${pid}`);
      return identity;
    });
    for (const [name, { health = '' }] of Object.entries(endpoints.programs)) {
      expect(health.replace('http://', ''), name).to.match(ADDRESS);
      expect((await fetch(`${health}/healthz`)).status, name).to.equal(200);
    }
  });

  it('takes VPCs and ports, and its agents apply them', async () => {
    const client = openControlClient({ addresses: endpoints.grpc });
    try {
      const vpc = await client.createVpc({ vpc: { name: 'by hand' } });
      await client.createSubnet({ subnet: { vpcId: vpc.id, cidr: '10.1.0.0/24' } });
      for (const hostId of HOSTS) {
        const port = await client.createPort({ port: { vpcId: vpc.id } });
        await client.bindPort({ portId: port.id, hostId });
      }
      for await (const { done } of client.watchRevision({ vpcId: vpc.id }, { deadlineMs: 20_000 })) {
        if (done) break;
      }
      const { ports } = await client.listPorts({ vpcId: vpc.id });
      expect(ports.map(({ status, bindings }) => [status, bindings[0]?.hostId])).to.have.deep.members(
        HOSTS.map((host) => ['APPLY_STATUS_ACTIVE', host]),
      );
    } finally {
      client.close();
    }
  });

  it('does the main job, by the command that helm test runs', async () => {
    const job = ['scripts/helm/main-job.ts', endpoints.grpc, '30'];
    const { code, stdout, stderr } = await runCommand('node_modules/.bin/tsx', ...job);
    expect(code, stderr).to.equal(0);
    expect(stdout).to.match(/the port is applied on the host[^]*everything is deleted again\n$/);
  });

  it('says that all of it runs', async () => {
    const { code, stdout, stderr } = await runScript('stack', 'status', '--dir', dir);
    expect(code, stderr).to.equal(0);
    expect(JSON.parse(stdout)).to.deep.equal(endpoints);
    for (const name of Object.keys(endpoints.programs))
      expect(stderr).to.match(new RegExp(`${name} +running`));
  });

  it('does not come up twice', async () => {
    const { code, stdout, stderr } = await up();
    expect([code, stdout]).to.deep.equal([1, '']);
    expect(stderr).to.contain('a stack is up already');
    expect(processes.filter(isRunning), 'the first one runs on').to.have.length(processes.length);
  });

  it('goes down with its processes and its directory, and nothing else', async () => {
    const { code, stderr } = await runScript('stack', 'down', '--dir', dir);
    expect(code, stderr).to.equal(0);
    expect(processes.filter(isRunning)).to.deep.equal([]);
    expect(existsSync(dir)).to.equal(false);
    const { pulsarAdminUrl, redisUrl } = realServices();
    expect(await pulsarIsHealthy(pulsarAdminUrl)).to.equal(true);
    expect(await redisIsHealthy(Number(new URL(redisUrl).port))).to.equal(true);
  });
});
