// What the agent talks to: a Pulsar and a Redis, a server, an infrastructure node, and another host.
import { join } from 'node:path';
import { openControlClient } from '../../adapters/grpc/client.ts';
import type { ControlClient, RequestInput, Response } from '../../adapters/grpc/methods.ts';
import { openRedisStore } from '../../adapters/redis/store.ts';
import type { Store } from '../../core/store/port.ts';
import { eventually } from '../eventually.ts';
import { startPulsar } from '../services/pulsar.ts';
import { startRedis } from '../services/redis.ts';
import { startDeployment } from '../stack/deployment.ts';

/** The host of the installed agent, and one whose agent runs from the checkout. */
export const HOST = 'host-1';
export const OTHER_HOST = 'host-2';

const NAME = 'agent-check';
const SETTLE_MS = 120_000;

export interface Platform {
  readonly grpc: string;
  readonly control: ControlClient;
  readonly store: Store;
  /** Of the installed agent: its own lane's slot, and its slots with their epochs. */
  places(): Promise<object>;
  newVpc(name: string): Promise<string>;
  newPort(
    port: NonNullable<RequestInput<'CreatePort'>['port']>,
    hostId?: string,
  ): Promise<Response<'CreatePort'>>;
  /** Resolves when every change so far is applied on every host of the VPC. */
  untilApplied(vpcId: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startPlatform(dir: string): Promise<Platform> {
  const started: { stop(): Promise<void> }[] = [];
  const stop = async () => {
    for (const each of started.reverse()) await each.stop();
  };
  try {
    const redis = await startRedis({ dir: join(dir, 'redis') });
    started.push(redis);
    const pulsar = await startPulsar({ dir: join(dir, 'pulsar') });
    started.push(pulsar);
    const services = { pulsarUrl: pulsar.url, pulsarAdminUrl: pulsar.adminUrl, redisUrl: redis.url };
    const deployment = await startDeployment({
      dir,
      services,
      hosts: [OTHER_HOST],
      infraNodes: 1,
      name: NAME,
    });
    started.push(deployment);
    const { grpc = '' } = await deployment.server.endpoints();
    const control = openControlClient({ addresses: grpc, deadlineMs: SETTLE_MS });
    const store = openRedisStore({ url: redis.url, cluster: false, keyPrefix: `${NAME}:` });
    started.push({
      stop: () => {
        control.close();
        return store.close();
      },
    });
    return { grpc, control, store, stop, ...operations(control) };
  } catch (error) {
    await stop();
    throw error;
  }
}

function operations(
  control: ControlClient,
): Pick<Platform, 'places' | 'newVpc' | 'newPort' | 'untilApplied'> {
  return {
    places: async () => {
      const { lane, vpcIds } = await control.getHost({ id: HOST });
      const slots = vpcIds.sort().map(async (vpcId) => {
        const { hosts } = await control.getVpcStatus({ id: vpcId });
        const { partition, slot, epoch } = hosts.find(({ hostId }) => hostId === HOST) ?? {};
        return { vpcId, partition, slot, epoch };
      });
      return { lane, slots: await Promise.all(slots) };
    },
    newVpc: async (name) => {
      const { id: vpcId } = await control.createVpc({ vpc: { name } });
      await control.createSubnet({ subnet: { vpcId, cidr: '10.1.0.0/16' } });
      return vpcId;
    },
    newPort: async (port, hostId) => {
      const created = await control.createPort({ port });
      return hostId === undefined ? created : control.bindPort({ portId: created.id, hostId });
    },
    untilApplied: (vpcId) =>
      eventually(
        `every host to apply what ${vpcId} has`,
        async () => {
          const { revision, hosts } = await control.getVpcStatus({ id: vpcId });
          return hosts.every(({ appliedRevision }) => appliedRevision >= revision);
        },
        { timeoutMs: SETTLE_MS },
      ),
  };
}
