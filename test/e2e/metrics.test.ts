import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import { encodeHeader, packPayloads } from '../../core/codec/envelope.ts';
import type { ChangesHeader } from '../../core/codec/envelope.ts';
import { encodeWork } from '../../core/codec/work.ts';
import type { SlotAddress } from '../../core/messaging/port.ts';
import { keys, scopes } from '../../core/model/keys.ts';
import { topicNames } from '../../core/placement/topics.ts';
import type { Store } from '../../core/store/port.ts';
import { transact } from '../../core/store/transaction.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import type { Deployment, Program } from '../../scripts/stack/deployment.ts';
import { chartExpressions, lacks, programOf, programs } from '../support/chart-metrics.ts';
import type { Expression } from '../support/chart-metrics.ts';
import { eventually } from '../support/eventually.ts';
import { Movements } from '../support/movements.ts';
import { realServices } from '../support/real-services.ts';
import { RedisSession } from '../support/redis-session.ts';

const HOSTS = ['host-a', 'host-b', 'host-c'] as const;
const PARTITIONS = 4;
const LATEST_MS = 20_000;

/** What the chart names and this run cannot move for sure, and why. */
const existsOnly: Readonly<Record<string, string>> = {
  vpcast_server_lease_keeper: 'is 1 from the start; looked at below',
  vpcast_server_lease_alarm:
    'takes the loss of more than twenty hosts, or a subscription that delivers nothing',
  vpcast_server_lease_stops_total: 'takes a subscription that delivers nothing',
  vpcast_server_reopened_total: 'takes a subscription that delivers nothing',
  vpcast_server_reports_failed_total: 'takes an error that does not pass; no report is known to cause one',
  vpcast_infra_failures_total: 'takes a store or a broker that fails in the middle of a dispatch',
  vpcast_infra_fenced_total: 'takes two nodes on one scope at the same moment',
  vpcast_infra_digest_mismatches_total: 'should never move: takes a host that holds something else',
  vpcast_infra_lost_tails_total: 'takes a message that the broker loses',
  vpcast_infra_scopes_at_hand: 'stands for milliseconds',
  vpcast_infra_scopes_behind: 'stands until the next sweep',
  vpcast_infra_work_backlog: 'stands for milliseconds',
  vpcast_infra_slots_parked: 'stands for milliseconds',
  vpcast_infra_slots_draining: 'stands for milliseconds where the host is known to be offline',
  vpcast_agent_failures: 'stands until the snapshot that makes up for it',
  vpcast_agent_snapshots_wanted: 'stands until the snapshot comes',
};

describe('metrics that the chart names', function () {
  this.timeout(90_000);
  const name = `metrics-${randomUUID().slice(0, 8)}`;
  const topics = topicNames(name);
  const movements = new Movements();
  let expressions: readonly Expression[];
  let dir: string;
  let deployment: Deployment;
  let client: ControlClient;
  let store: Store;
  let pulsar: PulsarCluster;
  let vpcId: string;
  const portOn = new Map<string, string>();

  before(async () => {
    expressions = await chartExpressions();
    dir = await mkdtemp(join(tmpdir(), 'vpcast-metrics-'));
    const services = realServices();
    deployment = await startDeployment({
      ...{ dir, services, hosts: HOSTS, infraNodes: 2, name },
      env: {
        VPCAST_HEARTBEAT: '300ms',
        VPCAST_LEASE: '2s',
        VPCAST_SERVES: 'nat',
        VPCAST_SWEEP_INTERVAL: '100ms',
        VPCAST_SWEEP_AFTER: '100ms',
        VPCAST_DRAIN_INTERVAL: '200ms',
        VPCAST_DRAIN_AFTER: '1s',
        VPCAST_SPLIT_ABOVE: '1',
        VPCAST_CHUNK_HOSTS: '1',
        VPCAST_WINDOW_BUDGET: '9',
      },
    });
    const { grpc = '' } = await deployment.server.endpoints();
    client = openControlClient({ addresses: grpc });
    store = openRedisStore({ url: services.redisUrl, cluster: false, keyPrefix: `${name}:` });
    const { pulsarUrl: serviceUrl, pulsarAdminUrl: adminUrl } = services;
    pulsar = await openPulsarCluster({ name: 'main', serviceUrl, adminUrl, tenant: name });
    await look();
  });
  after(async () => {
    client.close();
    await Promise.all([pulsar.close(), store.close()]);
    await deployment.stop();
    await rm(dir, { recursive: true });
  });

  async function look(): Promise<void> {
    const infra = deployment.infraNodes.map((program, n) => [`infra-${n}`, program] as const);
    const named: (readonly [string, Program])[] = [
      ['server', deployment.server],
      ...infra,
      ...deployment.agents,
    ];
    const looks = named.map(async ([instance, program]) => {
      const { health = '' } = await program.endpoints();
      const response = await fetch(`http://${health}/metrics`).catch(() => undefined);
      // One that was killed says nothing.
      if (response !== undefined) movements.see(instance, await response.text());
    });
    await Promise.all(looks);
  }

  /** Does it again and again until all of these have moved. */
  async function moves(
    metrics: readonly string[],
    act: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<void> {
    await eventually(async () => {
      await act();
      await look();
      expect(metrics.filter((metric) => !movements.moved.has(metric))).to.deep.equal([]);
    }, LATEST_MS);
  }

  let updates = 0;
  const rename = (host: string) =>
    client.updatePort({
      port: { id: portOn.get(host) ?? '', name: `renamed ${updates++}` },
      updateMask: { paths: ['name'] },
    });

  async function slotOn(
    host: string,
  ): Promise<{ address: SlotAddress; header: ChangesHeader; revision: number }> {
    const { hosts, revision } = await client.getVpcStatus({ id: vpcId });
    const { partition = 0, slot = 0, epoch = 0 } = hosts.find(({ hostId }) => hostId === host) ?? {};
    const address = { topic: topics.vpc(vpcId), partition, slot };
    const parts = { turn: 1, part: 0, parts: 1 };
    const stamp = { scope: scopes.vpc(vpcId), host, epoch, incarnation: 1, ...parts };
    return {
      address,
      header: { kind: 'changes', ...stamp, from: 0, to: 1, ask: false },
      revision,
    };
  }

  const multicast = (multicastMode: 'MULTICAST_MODE_COPIES' | 'MULTICAST_MODE_FAN_OUT') =>
    client.updateVpc({ vpc: { id: vpcId, multicastMode }, updateMask: { paths: ['multicast_mode'] } });

  it('are there from the start, where they are said to be', async () => {
    // A call is counted when it has ended.
    await client.getVpc({ id: 'nowhere' }).catch(() => undefined);
    await look();
    for (const program of programs) {
      expect(lacks(expressions, program, movements.samplesOf(program)), program).to.deep.equal([]);
    }
    expect(
      movements
        .samplesOf('server')
        .get('vpcast_server_lease_alarm')
        ?.map(({ value }) => value),
    ).to.deep.equal([0]);
  });

  it('move with the main job', async () => {
    const vpc = await client.createVpc({ vpc: { name: 'metrics', multicastMode: 'MULTICAST_MODE_COPIES' } });
    vpcId = vpc.id;
    await client.createSubnet({ subnet: { vpcId, cidr: '10.1.0.0/24' } });
    for (const hostId of HOSTS) portOn.set(hostId, (await client.createPort({ port: { vpcId }, hostId })).id);
    for await (const { done } of client.watchRevision({ vpcId }, { deadlineMs: LATEST_MS })) if (done) break;
    await client.createPublicResource({
      resource: { id: randomUUID(), kind: 'nat', data: Buffer.from('{}') },
    });
    const sent = ['apply_seconds_count', 'delivery_seconds_bucket', 'applied_total', 'slots', 'entries'];
    const dispatched = [
      'dispatch_seconds_bucket',
      'ranges_total',
      'copies_total',
      'snapshots_total',
      'asked_total',
    ];
    const split = ['chunks_total', 'chunks_done_total', 'chunks_taken_total', 'publics_total'];
    await moves(
      [
        ...sent.map((metric) => `vpcast_agent_${metric}`),
        ...[...dispatched, ...split].map((metric) => `vpcast_infra_${metric}`),
      ],
      () => rename('host-a'),
    );
    const keepers = movements.samplesOf('server').get('vpcast_server_lease_keeper');
    expect(keepers?.map(({ value }) => value)).to.deep.equal([1]);
  });

  it('move with messages that are of no use, and with a wake-up that was lost', async () => {
    const { bus } = pulsar;
    const [payload = Buffer.alloc(0)] = packPayloads([]);
    const { address, header, revision } = await slotOn('host-b');
    const nonsense = { properties: { kind: 'nonsense' }, payload };
    const send = (more: Partial<ChangesHeader>) =>
      bus.sendToSlot(address, { properties: encodeHeader({ ...header, ...more }), payload });
    await send({});
    await send({ host: 'somebody-else' });
    await send({ from: revision + 10, to: revision + 11 });
    await bus.sendToSlot(address, nonsense);
    await bus.sendByKey(topics.work, PARTITIONS, 'x', nonsense);
    await bus.sendByKey(topics.status, PARTITIONS, 'x', nonsense);
    await moves([
      ...['stale', 'foreign', 'gaps', 'dead_letters', 'snapshots'].map(
        (metric) => `vpcast_agent_${metric}_total`,
      ),
      'vpcast_infra_dead_letters_total',
      'vpcast_infra_resyncs_total',
      'vpcast_server_dead_letters_total',
      'vpcast_server_reports_malformed_total',
    ]);
    const scope = scopes.vpc(vpcId);
    const wakeUps = Array.from({ length: 20 }, () => encodeWork({ kind: 'dispatch', scope }));
    await moves(['vpcast_infra_work_merged_total'], () =>
      Promise.all(wakeUps.map((wakeUp) => bus.sendByKey(topics.work, PARTITIONS, scope, wakeUp))),
    );
    await moves(['vpcast_infra_swept_total'], async () => {
      const { dispatched, revision: written } = await store.status(scope);
      // Announced once more it would only be younger.
      if (dispatched < written) return;
      await store.announce(scope);
      await transact(store, scope, (tx) => {
        tx.put(keys.config('unnoticed'), { id: 'unnoticed', at: updates++ });
        return Promise.resolve();
      });
    });
  });

  it('move while a host is away, when it is back, and when it leaves', async () => {
    const agent = deployment.agents.get('host-c');
    if (agent === undefined) throw new Error('no agent on host-c');
    await agent.process.kill('SIGKILL');
    await rename('host-a');
    const away = ['hosts_offline', 'held_total', 'slots_drained_total', 'messages_drained_total'];
    await moves(
      away.map((metric) => `vpcast_infra_${metric}`),
      () => rename('host-a'),
    );
    await agent.process.start();
    await moves(['vpcast_infra_resumed_total']);
    await agent.process.kill('SIGKILL');
    await client.unbindPort({ portId: portOn.get('host-c') ?? '', hostId: 'host-c' });
    await moves(['vpcast_infra_slots_freed_total']);
    await agent.process.start();
    await client.unbindPort({ portId: portOn.get('host-b') ?? '', hostId: 'host-b' });
    await moves(['vpcast_agent_fences_total', 'vpcast_infra_fences_total']);
    await client.bindPort({ portId: portOn.get('host-b') ?? '', hostId: 'host-b' });
  });

  it('move when hosts read along, and when they do not any more', async () => {
    await multicast('MULTICAST_MODE_FAN_OUT');
    await moves(
      ['promoted_total', 'tails_total', 'fan_outs_total'].map((metric) => `vpcast_infra_${metric}`),
      () => rename('host-a'),
    );
    expect(movements.moved).to.include('vpcast_agent_reading_along');
    await multicast('MULTICAST_MODE_COPIES');
    await moves(['vpcast_infra_demoted_total'], () => rename('host-a'));
  });

  it('move when the store has lost its tail', async () => {
    const redis = await RedisSession.open(realServices().redisUrl);
    try {
      await redis.send('HINCRBY', `${name}::{vpc/${vpcId}}:meta`, 'revision', -5);
      const clock = `${name}::lease-clock`;
      await redis.send('SET', clock, Number(await redis.send('GET', clock)) - 5_000);
    } finally {
      redis.close();
    }
    await moves(['vpcast_server_reports_rollbacks_total', 'vpcast_server_clock_set_back_total']);
  });

  it('have all moved by now, but for those that need what cannot be had here', () => {
    const named = new Set(expressions.flatMap(({ selected }) => selected.map(({ metric }) => metric)));
    const unmoved = [...named].filter((metric) => !movements.moved.has(metric) && !(metric in existsOnly));
    expect(unmoved).to.deep.equal([]);
    expect(
      Object.keys(existsOnly).filter((metric) => !named.has(metric)),
      'nobody asks for them',
    ).to.deep.equal([]);
    expect([...named].map(programOf)).to.include.members([...programs]);
  });
});
