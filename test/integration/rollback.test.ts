import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { keys, scopes } from '../../core/model/keys.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { startRedis } from '../../scripts/services/redis.ts';
import type { RedisService } from '../../scripts/services/redis.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';

const HOSTS = ['host-a', 'host-b', 'host-c', 'host-d', 'host-e', 'host-f'] as const;
const SETTLE_MS = 60_000;

describe('a Redis that is restored from an older copy', function () {
  this.timeout(180_000);
  const cleanup: (() => Promise<unknown>)[] = [];
  let dir: string;
  let redis: RedisService;
  let platform: Platform;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vpcast-rollback-'));
    cleanup.push(() => rm(dir, { recursive: true }));
    redis = await startRedis({ dir: join(dir, 'redis'), appendfsync: 'always', report: () => undefined });
    cleanup.push(() => redis.stop());
    platform = await startPlatform({
      hosts: HOSTS,
      infraNodes: 2,
      backend: { ...realServices(), redisUrl: redis.url },
      // Hosts say everything again within a second or two, not within a minute.
      agent: {
        heartbeatMs: 300,
        snapshotGraceMs: 1_000,
        confirmGraceMs: 2_000,
        repeat: { baseMs: 500, maxMs: 2_000 },
      },
    });
    cleanup.push(() => platform.stop());
  });
  after(async () => {
    for (const undo of cleanup.reverse()) await undo();
  });

  const data = () => join(dir, 'redis', 'data');
  const copy = () => join(dir, 'copy');
  /** What is written meanwhile may cut the copy's last command off: the server drops it. */
  const takeCopy = () => cp(data(), copy(), { recursive: true });
  async function restore(): Promise<void> {
    await redis.kill('SIGKILL');
    await rm(data(), { recursive: true });
    await cp(copy(), data(), { recursive: true });
    await redis.restart();
  }

  async function makeVpc(id: string, cidr: string): Promise<void> {
    await platform.client.createVpc({ vpc: { id } });
    await platform.client.createSubnet({ subnet: { id: `${id}-subnet`, vpcId: id, cidr } });
    await platform.client.createSecurityGroup({ securityGroup: { id: `${id}-group`, vpcId: id } });
  }
  const makePort = (vpcId: string, id: string, hostId: string) =>
    platform.client.createPort({ port: { id, vpcId, securityGroupIds: [`${vpcId}-group`] }, hostId });
  async function untilApplied(vpcId: string): Promise<void> {
    for await (const { done } of platform.client.watchRevision({ vpcId }, { deadlineMs: SETTLE_MS })) {
      if (done) return;
    }
    throw new Error(`the watch of ${vpcId} ended early`);
  }
  const incarnation = async (vpcId: string) => (await platform.store.status(scopes.vpc(vpcId))).incarnation;
  const holdersOf = (vpcId: string, portId: string) =>
    HOSTS.filter((host) => platform.agents.get(host)?.view(vpcId)?.has(keys.port(portId)) === true);

  it('has hosts give up what it does not know, and take up what they had left', async () => {
    const { client } = platform;
    await makeVpc('kept', '10.1.0.0/16');
    await makeVpc('other', '10.2.0.0/16');
    await makeVpc('solo', '10.3.0.0/16');
    for (const host of ['host-a', 'host-b', 'host-c', 'host-d']) await makePort('kept', `kept-${host}`, host);
    for (const host of ['host-c', 'host-d', 'host-e']) await makePort('other', `other-${host}`, host);
    await makePort('solo', 'solo-port', 'host-e');
    await platform.settled(SETTLE_MS);
    await takeCopy();

    // A port more, a host more, one port moved, one deleted, a rule.
    await makePort('kept', 'late-a', 'host-a');
    await makePort('kept', 'late-f', 'host-f');
    await client.migratePort({ portId: 'kept-host-a', hostId: 'host-b' });
    await client.deletePort({ id: 'kept-host-d' });
    await client.addSecurityGroupRules({
      securityGroupId: 'kept-group',
      rules: [{ direction: 'DIRECTION_INGRESS' }],
    });
    // Hosts that leave, one as the last of its VPC, and one that has left and come back.
    await client.unbindPort({ portId: 'kept-host-c' });
    await client.unbindPort({ portId: 'solo-port' });
    await client.unbindPort({ portId: 'other-host-d' });
    await platform.settled(SETTLE_MS);
    await client.bindPort({ portId: 'other-host-d', hostId: 'host-d' });
    // A VPC more.
    await makeVpc('lost', '10.4.0.0/16');
    await makePort('lost', 'lost-port', 'host-d');
    await untilApplied('kept');
    await platform.settled(SETTLE_MS);
    expect(holdersOf('kept', 'late-f')).to.have.members(['host-a', 'host-b', 'host-f']);
    await platform.stopAgent('host-b');

    await restore();
    await platform.startAgent('host-b');
    await platform.settled(SETTLE_MS);
    expect(holdersOf('kept', 'late-a')).to.deep.equal([]);
    expect(holdersOf('lost', 'lost-port')).to.deep.equal([]);
    expect(holdersOf('solo', 'solo-port')).to.deep.equal(['host-e']);
    expect(holdersOf('kept', 'kept-host-d')).to.have.members(['host-a', 'host-b', 'host-c', 'host-d']);
    expect(await incarnation('kept')).to.be.above(1);
  });

  async function writeToAll(name: string): Promise<void> {
    for (const host of HOSTS) await makePort('kept', `${name}-${host}`, host);
    await untilApplied('kept');
    const { ports } = await platform.client.listPorts({ vpcId: 'kept', pageSize: 1_000 });
    const made = ports.filter(({ id }) => id.startsWith(name));
    expect(made.map(({ status }) => status)).to.deep.equal(HOSTS.map(() => 'APPLY_STATUS_ACTIVE'));
    await platform.settled(SETTLE_MS);
  }

  it('takes writes again, which reach every host', () => writeToAll('again'));

  it('may be restored once more, from a copy that is older than the incarnation that hosts know', async () => {
    const known = await incarnation('kept');
    await restore();
    await eventually(async () => {
      expect(await incarnation('kept')).to.be.above(known);
    }, SETTLE_MS);
    await platform.settled(SETTLE_MS);
    expect(holdersOf('kept', 'again-host-a')).to.deep.equal([]);
    await writeToAll('anew');
  });
});
