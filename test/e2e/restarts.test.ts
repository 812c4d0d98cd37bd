import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient, Response } from '../../adapters/grpc/methods.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { PlatformError } from '../../core/errors.ts';
import { differences } from '../../local/compare.ts';
import type { HeldState } from '../../local/compare.ts';
import { forEachOf } from '../../local/pool.ts';
import { isRunning } from '../../scripts/process.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import type { Deployment, Program } from '../../scripts/stack/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { heldOnDisk } from '../support/held-on-disk.ts';
import { realServices } from '../support/real-services.ts';

const HOSTS = ['host-a', 'host-b', 'host-c'] as const;
const WRITES = 60;
const SETTLE_MS = 40_000;
/** A SIGTERM ends a program by itself; the watchdog of its grace period says otherwise. */
const SIGNALS = ['SIGKILL', 'SIGTERM'] as const;

describe('programs that are killed, stopped and started again', function () {
  this.timeout(90_000);
  const name = `e2e-${randomUUID().slice(0, 8)}`;
  let dir: string;
  let deployment: Deployment | undefined;
  let client: ControlClient;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vpcast-e2e-'));
    deployment = await startDeployment({
      ...{ dir, services: realServices(), hosts: HOSTS, infraNodes: 2, name },
      env: { VPCAST_SWEEP_INTERVAL: '500ms', VPCAST_SWEEP_AFTER: '500ms' },
    });
    await connect();
  });
  after(async () => {
    client.close();
    await deployment?.stop();
    await rm(dir, { recursive: true });
  });

  const programs = (): Deployment => {
    if (deployment === undefined) throw new Error('nothing was started');
    return deployment;
  };
  const agentOn = (host: string): Program => {
    const agent = programs().agents.get(host);
    if (agent === undefined) throw new Error(`no agent on ${host}`);
    return agent;
  };
  const infraNode = (n: number): Program => {
    const node = programs().infraNodes[n];
    if (node === undefined) throw new Error(`no infrastructure node ${n}`);
    return node;
  };

  /** Anew after the server was away: no call waits for a connection to be tried again. */
  async function connect(): Promise<void> {
    const { grpc = '' } = await programs().server.endpoints();
    client = openControlClient({ addresses: grpc, retry: { attempts: 1 } });
  }

  async function restartServer(): Promise<void> {
    client.close();
    await programs().server.process.start();
    await connect();
  }

  async function newVpc(): Promise<string> {
    const { id: vpcId } = await client.createVpc({ vpc: { name: 'restarts' } });
    await client.createSubnet({ subnet: { vpcId, cidr: '10.1.0.0/16' } });
    return vpcId;
  }

  /** The n-th write of a VPC: a port on one of the hosts. */
  async function write(vpcId: string, n: number): Promise<Response<'CreatePort'>> {
    const hostId = HOSTS[n % HOSTS.length] ?? '';
    const requestId = `${vpcId}-${n}`;
    return client.createPort({ requestId, port: { vpcId, name: `port-${n}` }, hostId });
  }

  async function untilDone(vpcId: string): Promise<void> {
    for await (const { done } of client.watchRevision({ vpcId }, { deadlineMs: SETTLE_MS })) if (done) return;
    throw new Error(`the watch of ${vpcId} ended early`);
  }

  async function untilActive(vpcId: string, count: number): Promise<void> {
    await untilDone(vpcId);
    const { ports } = await client.listPorts({ vpcId, pageSize: 1_000 });
    expect(ports).to.have.length(count);
    expect(new Set(ports.map(({ status }) => status))).to.deep.equal(new Set(['APPLY_STATUS_ACTIVE']));
  }

  async function untilSent(vpcId: string): Promise<void> {
    await eventually(async () => {
      const { revision, dispatchedRevision } = await client.getVpcStatus({ id: vpcId });
      expect(dispatchedRevision).to.equal(revision);
    }, SETTLE_MS);
  }

  async function slotOf(vpcId: string, host: string): Promise<readonly number[]> {
    const { hosts } = await client.getVpcStatus({ id: vpcId });
    const { partition = 0, slot = 0, epoch = 0 } = hosts.find(({ hostId }) => hostId === host) ?? {};
    return [partition, slot, epoch];
  }

  /** Of an agent's /metrics. */
  async function metric(program: Program, suffix: string): Promise<number> {
    const { health = '' } = await program.endpoints();
    const text = await (await fetch(`http://${health}/metrics`)).text();
    const [, value] = new RegExp(`^vpcast_agent_${suffix} (\\d+)$`, 'm').exec(text) ?? [];
    if (value === undefined) throw new Error(`no metric ${suffix} in ${text}`);
    return Number(value);
  }

  /** Ends a program by the signal; after SIGTERM its last words must be that it stopped. */
  async function end(program: Program, log: string, signal: (typeof SIGNALS)[number]): Promise<void> {
    await program.process.kill(signal);
    if (signal === 'SIGTERM') {
      const said = await readFile(join(dir, `${log}.log`), 'utf8');
      expect(said.trimEnd().split('\n').at(-1)).to.contain('"stopped"');
    }
  }

  for (const [n, signal] of SIGNALS.entries()) {
    it(`go on without an infrastructure node that gets ${signal} amid writes`, async () => {
      const vpcId = await newVpc();
      let ended: Promise<void> | undefined;
      await forEachOf(WRITES, 8, async (w) => {
        await write(vpcId, w);
        if (w === WRITES / 3) ended = end(infraNode(n), `infra-node-${n}`, signal);
      });
      await ended;
      await untilActive(vpcId, WRITES);
      await infraNode(n).process.start();
    });
  }

  for (const signal of SIGNALS) {
    it(`keep what the server acknowledged before it got ${signal}`, async () => {
      const vpcId = await newVpc();
      const acknowledged = new Map<number, string>();
      let ended: Promise<void> | undefined;
      await forEachOf(WRITES, 8, async (n) => {
        try {
          acknowledged.set(n, (await write(vpcId, n)).id);
        } catch (error) {
          // Without an answer: it may have happened or not.
          if (!(error instanceof PlatformError) || error.code !== 'unavailable') throw error;
        }
        if (n === WRITES / 3) ended = end(programs().server, 'server', signal);
      });
      await ended;
      expect(acknowledged.size)
        .to.be.greaterThan(WRITES / 4)
        .and.lessThan(WRITES);
      await restartServer();

      const { ports } = await client.listPorts({ vpcId, pageSize: 1_000 });
      expect(ports.map(({ id }) => id)).to.include.members([...acknowledged.values()]);
      // Each repeat gets its first answer, or becomes the first one.
      await forEachOf(WRITES, 8, async (n) => {
        const { id } = await write(vpcId, n);
        expect(id).to.equal(acknowledged.get(n) ?? id);
      });
      await untilActive(vpcId, WRITES);
    });
  }

  for (const signal of SIGNALS) {
    it(`bring an agent that got ${signal} up to what happened meanwhile, from where it was`, async () => {
      const agent = agentOn('host-a');
      const vpcId = await newVpc();
      const group = await client.createSecurityGroup({ securityGroup: { vpcId } });
      const ports = [];
      for (let n = 0; n < 6; n++) ports.push(await write(vpcId, n));
      await untilActive(vpcId, 6);
      const slot = await slotOf(vpcId, 'host-a');

      await end(agent, 'agent-host-a', signal);
      await client.deletePort({ id: ports[0]?.id ?? '' });
      await client.deletePort({ id: ports[1]?.id ?? '' });
      await client.addSecurityGroupRules({
        securityGroupId: group.id,
        rules: [{ direction: 'DIRECTION_INGRESS' }],
      });
      const late = await client.createPort({
        port: { vpcId, securityGroupIds: [group.id] },
        hostId: 'host-a',
      });
      await untilSent(vpcId);
      expect((await client.getPort({ id: late.id })).status, 'nobody has it yet').to.equal(
        'APPLY_STATUS_DOWN',
      );

      await agent.process.start();
      await untilActive(vpcId, 5);
      expect(await slotOf(vpcId, 'host-a')).to.deep.equal(slot);
      expect(await metric(agent, 'snapshots_total'), 'the rest was on disk').to.equal(0);
      expect(await metric(agent, 'gaps_total')).to.equal(0);
    });
  }

  it('let a host come up and take configuration without the server', async () => {
    const { server, infraNodes } = programs();
    const agent = agentOn('host-c');
    const vpcId = await newVpc();
    for (let n = 0; n < 3; n++) await write(vpcId, n);
    await untilActive(vpcId, 3);

    await agent.process.kill('SIGKILL');
    await Promise.all(infraNodes.map((node) => node.process.kill('SIGSTOP')));
    for (let n = 3; n < 6; n++) await write(vpcId, n);
    await server.process.kill('SIGKILL');
    await agent.process.start();
    await eventually(async () => {
      const { health = '' } = await agent.endpoints();
      expect((await fetch(`http://${health}/readyz`)).status).to.equal(200);
      expect(await metric(agent, 'vpcs')).to.be.greaterThan(0);
      expect(await metric(agent, 'slots')).to.equal(await metric(agent, 'vpcs'));
    }, SETTLE_MS);
    const applied = await metric(agent, 'applied_total');
    await Promise.all(infraNodes.map((node) => node.process.kill('SIGCONT')));
    await eventually(async () => {
      expect(await metric(agent, 'applied_total')).to.be.greaterThan(applied);
    }, SETTLE_MS);
    expect(isRunning(server.process.identity), 'all that without the server').to.equal(false);

    await restartServer();
    await untilActive(vpcId, 6);
  });

  it('leave every host with exactly what it should have, on its disk', async () => {
    const { vpcs } = await client.listVpcs({});
    for (const { id } of vpcs) await untilDone(id);
    const store = openRedisStore({ url: realServices().redisUrl, cluster: false, keyPrefix: `${name}:` });
    try {
      const held = new Map<string, HeldState>();
      for (const host of HOSTS) {
        await end(agentOn(host), `agent-${host}`, 'SIGTERM');
        held.set(host, await heldOnDisk(join(dir, 'agents', host)));
      }
      expect(await differences(store, held)).to.deep.equal([]);
      for (const [host, onDisk] of held) expect(onDisk.vpcs(), host).to.have.length(vpcs.length);
    } finally {
      await store.close();
    }
  });
});
