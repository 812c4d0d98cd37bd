import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { pause } from '../../core/retry.ts';
import { startPulsar } from '../../scripts/services/pulsar.ts';
import type { PulsarService } from '../../scripts/services/pulsar.ts';
import { startRedis } from '../../scripts/services/redis.ts';
import type { RedisService } from '../../scripts/services/redis.ts';
import type { ServiceProcess } from '../../scripts/services/service-process.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import type { Deployment } from '../../scripts/stack/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { HealthWatch } from '../support/health-watch.ts';

const FALSE_WITHIN_MS = 5_000;
/** After the service answers again; clients pause for up to two seconds between attempts. */
const TRUE_WITHIN_MS = 10_000;
/** A test begins when all is well, whatever the one before has left behind. */
const START_MS = 60_000;
const ALL = ['server', 'infra-node', 'agent'] as const;
const WITH_REDIS = ['server', 'infra-node'] as const;

/** With services of its own, since they go away. */
describe('readiness and liveness while Redis or the broker is away', function () {
  this.timeout(240_000);
  let dir: string;
  let pulsar: PulsarService | undefined;
  let redis: RedisService | undefined;
  let deployment: Deployment | undefined;
  let watch: HealthWatch | undefined;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vpcast-e2e-'));
    [redis, pulsar] = await Promise.all([
      startRedis({ dir: join(dir, 'redis') }),
      startPulsar({ dir: join(dir, 'pulsar') }),
    ]);
    const services = { pulsarUrl: pulsar.url, pulsarAdminUrl: pulsar.adminUrl, redisUrl: redis.url };
    const name = `e2e-${randomUUID().slice(0, 8)}`;
    deployment = await startDeployment({ dir, services, hosts: ['host-a'], infraNodes: 1, name });
    const { server, infraNodes, agents } = deployment;
    watch = await HealthWatch.open({ server, 'infra-node': infraNodes[0]!, agent: agents.get('host-a')! });
  });
  after(async () => {
    await watch?.close();
    await deployment?.stop();
    await pulsar?.stop();
    await redis?.stop();
    await rm(dir, { recursive: true });
  });

  async function untilReady(withinMs: number): Promise<void> {
    await eventually(() => {
      expect(watch!.notReady(ALL)).to.deep.equal([]);
    }, withinMs);
  }

  /** Takes the service away; those who need it must say so in time, the others never; and back again. */
  async function outage(
    service: ServiceProcess,
    signal: 'SIGKILL' | 'SIGSTOP',
    needing: readonly (typeof ALL)[number][],
  ): Promise<void> {
    await untilReady(START_MS);
    watch!.forget();
    const beganMs = performance.now();
    try {
      await service.kill(signal);
      await eventually(() => {
        expect(watch!.notReady(ALL)).to.have.members(needing);
      }, FALSE_WITHIN_MS);
      for (const name of needing) {
        expect(watch!.notReadyAtMs(name) - beganMs, name).to.be.lessThan(FALSE_WITHIN_MS);
      }
      // Nobody changes his mind.
      await pause(1_000);
      expect(watch!.notReady(ALL)).to.have.members(needing);
    } finally {
      await (signal === 'SIGKILL' ? service.start() : service.kill('SIGCONT'));
    }
    await untilReady(TRUE_WITHIN_MS);
    expect(watch!.failures).to.deep.equal([]);
  }

  it('Redis is killed, and comes back', () => outage(redis!, 'SIGKILL', WITH_REDIS));
  it('Redis hangs, and goes on', () => outage(redis!, 'SIGSTOP', WITH_REDIS));
  it('the broker hangs, and goes on', () => outage(pulsar!, 'SIGSTOP', ALL));
  it('the broker is killed, and comes back', () => outage(pulsar!, 'SIGKILL', ALL));
});
