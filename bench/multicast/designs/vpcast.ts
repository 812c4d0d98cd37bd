import { openControlClient } from '../../../adapters/grpc/client.ts';
import type { ControlClient } from '../../../adapters/grpc/methods.ts';
import { startDeployment } from '../../../scripts/stack/deployment.ts';
import type { Program } from '../../../scripts/stack/deployment.ts';
import { benchHosts, startAgents } from '../../agents.ts';
import { Cleanup } from '../../cleanup.ts';
import { heartbeatMsOf, rareHeartbeats } from '../../heartbeats.ts';
import { FAN_OUT_HOSTS, untilNoCopies } from '../../infra-counters.ts';
import { monotonicMs } from '../../monotonic.ts';
import { joinSparsely, makeVpcs } from '../../network.ts';
import { openServices } from '../../services.ts';
import type { Carrier, Design, DesignSurroundings, Point, Session } from '../design.ts';
import { Gathering } from '../gathering.ts';
import { encodePayload } from '../payload.ts';

/** The platform as it is: a control service, an infrastructure node, and the agents' own code. */
export const vpcast: Design = onPlatform({});
/** The same with sticky copies only. */
export const vpcastCopies: Design = onPlatform({ VPCAST_FAN_OUT_HOSTS: '0' });

const PREPARED_WITHIN_MS = 600_000;
/** What is committed right behind a multicast, as the record of a new lane is, may go with it: then no host has just its revision. */
const ATTEMPT_MS = 15_000;
/** As long as they do not all read along each attempt is a copy for every other host, which must not be what keeps them busy. */
const ATTEMPT_MS_PER_HOST = 10;
const PAUSE_MS_PER_HOST = 1;

function onPlatform(env: Readonly<Record<string, string>>): Design {
  return { start: (surroundings) => startCarrier(surroundings, env) };
}

async function startCarrier(
  { dir }: DesignSurroundings,
  env: Readonly<Record<string, string>>,
): Promise<Carrier> {
  const cleanup = new Cleanup();
  try {
    const services = cleanup.add(await openServices(dir, {}), (opened) => opened.stop());
    const { urls } = services;
    const deployment = cleanup.add(
      await startDeployment({
        dir,
        services: urls,
        hosts: [],
        infraNodes: 1,
        name: 'multicast',
        env: { ...rareHeartbeats, ...env },
      }),
      (started) => started.stop(),
    );
    const { grpc: control = '' } = await deployment.server.endpoints();
    const client = cleanup.add(openControlClient({ addresses: control }), (opened) => {
      opened.close();
    });
    const programs = [deployment.server, ...deployment.infraNodes];
    const platform = {
      ...{ dir, control, client, nodes: deployment.infraNodes },
      programs: programs.map(({ process: { pid } }) => ({ name: 'programs', pid })),
      fansOut: env['VPCAST_FAN_OUT_HOSTS'] !== '0',
    };
    return {
      brokers: services.processes.filter(({ name }) => name === 'Pulsar'),
      ports: [Number(new URL(urls.pulsarUrl).port)],
      open: (point) => openSession(platform, point),
      stop: () => cleanup.run(),
    };
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

interface Platform {
  readonly dir: string;
  readonly control: string;
  readonly client: ControlClient;
  readonly nodes: readonly Program[];
  readonly programs: Session['clients'];
  readonly fansOut: boolean;
}

/** The agents join one VPC; its changes are then what all of them are told. */
async function openSession(platform: Platform, point: Point): Promise<Session> {
  const { client, control, dir, programs } = platform;
  // Multicasts are known to the agents by their revisions.
  const received = new Gathering(point.hosts);
  const durable = new Gathering(point.hosts);
  const sentAtMs = new Map<number, number>();
  const hosts = benchHosts(point.hosts);
  const agents = await startAgents({
    ...{ dir, control, hosts, name: `agents-${point.hosts}`, workers: point.processes },
    clients: Math.ceil(point.hosts / point.hostsPerConnection),
    journals: 'in memory',
    watch: 'multicasts',
    heartbeatMs: heartbeatMsOf(point.hosts),
    onMulticast: (worker, stage, tally) => {
      const { multicast } = tally;
      sentAtMs.set(multicast, Math.min(tally.sentAtMs, sentAtMs.get(multicast) ?? Infinity));
      (stage === 'received' ? received : durable).add(worker, tally);
    },
    onFailure: (error) => {
      received.fail(error);
      durable.fail(error);
    },
  });
  try {
    const [vpc] = await makeVpcs(client, 1, () => undefined);
    await joinSparsely(client, vpc!, hosts);
    const revisions = new Map<number, number>();
    const publish = async (multicast: number): Promise<number> => {
      const data = Buffer.from(encodePayload(multicast));
      const { revision } = await client.publish({
        ...{ vpcId: vpc!.id, name: 'multicast', contentType: 'application/json', data },
      });
      revisions.set(multicast, revision);
      return revision;
    };
    await prepare(platform, point.hosts, async () => {
      const patienceMs = Math.max(ATTEMPT_MS, ATTEMPT_MS_PER_HOST * point.hosts);
      const { hosts: reached } = await durable.untilReceived(await publish(-1), patienceMs);
      return reached === point.hosts;
    });
    let isHeld = false;
    return {
      clients: [...agents.processes, ...programs],
      appliesToo: true,
      publish: async (multicast, how) => {
        isHeld = how === 'received first';
        if (isHeld) await agents.hold();
        const calledAtMs = monotonicMs();
        await publish(multicast);
        return { sentAtMs: calledAtMs, confirmedAtMs: monotonicMs() };
      },
      untilReceived: async (multicast, patienceMs) => {
        const revision = revisions.get(multicast) ?? 0;
        const gathered = await received.untilReceived(revision, patienceMs);
        agents.letGo();
        const { lastAtMs } = await durable.untilReceived(revision, patienceMs);
        const durableAtMs = isHeld ? undefined : lastAtMs;
        return { ...gathered, sentAtMs: sentAtMs.get(revision) ?? Infinity, durableAtMs };
      },
      close: () => agents.stop(),
    };
  } catch (error) {
    await agents.stop();
    throw error;
  }
}

/** Changes the VPC until the platform reaches its hosts in the way that it chooses for so many. */
async function prepare(
  { fansOut, nodes }: Platform,
  hosts: number,
  change: () => Promise<boolean>,
): Promise<void> {
  if (fansOut && hosts >= FAN_OUT_HOSTS)
    await untilNoCopies(nodes, change, { pauseMs: PAUSE_MS_PER_HOST * hosts, withinMs: PREPARED_WITHIN_MS });
  else await change();
}
