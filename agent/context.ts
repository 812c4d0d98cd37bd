import { openControlClient } from '../adapters/grpc/client.ts';
import type { ControlClient } from '../adapters/grpc/methods.ts';
import { createLogger } from '../adapters/process/logger.ts';
import { openPulsarCluster } from '../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../adapters/pulsar/cluster.ts';
import { systemClock } from '../core/clock.ts';
import { PlatformError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { MessageBus } from '../core/messaging/port.ts';
import type { RegisterHostResponse } from '../proto/gen/vpcast/v1/RegisterHostResponse.ts';
import type { AgentConfig } from './config.ts';
import { stateOnlyDataPlane } from './data-plane.ts';
import { openFileJournal } from './journal/file-journal.ts';
import { lockDirectory } from './journal/lock.ts';
import type { AgentDeps, AgentOptions, ControlPort } from './ports.ts';
import type { Registration } from './registration.ts';

const VERSION = '0.1.0';

export interface AgentContext {
  readonly deps: AgentDeps;
  readonly options: AgentOptions;
  /** After the agent was drained. */
  close(): Promise<void>;
}

/** Builds every dependency once. Throws `failed_precondition` while another agent uses the state directory. */
export async function openAgentContext(config: AgentConfig): Promise<AgentContext> {
  const logger = createLogger({ name: 'agent', level: config.logLevel });
  const lock = await lockDirectory(config.stateDirectory);
  const client = openControlClient({ addresses: config.controlAddresses, retry: { attempts: 1 } });
  const clusters = new ClusterPool(config, logger);
  return {
    deps: {
      control: controlPort(client),
      openCluster: (name, serviceUrl) => clusters.open(name, serviceUrl),
      openJournal: (live) => openFileJournal({ directory: config.stateDirectory, logger }, live),
      dataPlane: stateOnlyDataPlane,
      clock: systemClock,
      logger,
    },
    options: {
      host: {
        id: config.hostId,
        name: config.hostName,
        vtepIp: config.vtepIp,
        macAddress: config.macAddress,
        zone: config.zone,
        labels: config.labels,
        serves: config.serves,
        agentVersion: VERSION,
      },
      tenant: config.tenant,
      cluster: config.cluster,
      heartbeatMs: config.heartbeatMs,
      reportWindowMs: config.reportWindowMs,
    },
    close: async () => {
      client.close();
      await clusters.close();
      await lock.release();
    },
  };
}

/** The control service by gRPC. */
export function controlPort(client: Pick<ControlClient, 'registerHost'>): ControlPort {
  return {
    registerHost: async ({ host, cluster }, signal) => {
      const input = { ...host, labels: { ...host.labels }, serves: [...host.serves] };
      return toRegistration(await client.registerHost({ host: input, cluster }, { signal }));
    },
  };
}

function toRegistration(response: RegisterHostResponse): Registration {
  const { clusters, statusTopic, statusPartitions } = response;
  const lane = response.host?.lane;
  if (!lane) throw new PlatformError('internal', 'the control service named no lane for the host');
  const { cluster, topic, partition, slot, epoch } = lane;
  return {
    lane: { cluster, topic, partition, slot, epoch },
    clusters: clusters.map(({ name, serviceUrl }) => ({ name, serviceUrl })),
    statusTopic,
    statusPartitions,
  };
}

/** One client for each cluster, made when it is first needed. */
class ClusterPool {
  readonly #config: AgentConfig;
  readonly #logger: Logger;
  readonly #open = new Map<string, Promise<PulsarCluster>>();

  constructor(config: AgentConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
  }

  async open(name: string, announcedUrl: string): Promise<MessageBus> {
    const serviceUrl = this.#config.clusterUrls.get(name) ?? announcedUrl;
    const key = `${name} ${serviceUrl}`;
    let cluster = this.#open.get(key);
    if (cluster === undefined) {
      cluster = this.#connect(name, serviceUrl);
      this.#open.set(key, cluster);
      cluster.catch(() => this.#open.delete(key));
    }
    return (await cluster).bus;
  }

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#open.values());
    const clusters = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    await Promise.all(clusters.map((cluster) => cluster.close()));
  }

  #connect(name: string, serviceUrl: string): Promise<PulsarCluster> {
    const { pulsarToken: token } = this.#config;
    return openPulsarCluster({
      name,
      serviceUrl,
      // An agent administers nothing.
      adminUrl: 'http://127.0.0.1:1',
      log: (level, message) => {
        this.#logger[level]('pulsar client', { cluster: name, message });
      },
      ...(token === undefined ? {} : { token }),
    });
  }
}
