import { openClusters } from '../adapters/backing/open.ts';
import { SendWatch } from '../adapters/backing/send-watch.ts';
import { clientTls } from '../adapters/grpc/certificates.ts';
import { openControlClient } from '../adapters/grpc/client.ts';
import type { ControlClient } from '../adapters/grpc/methods.ts';
import { createLogger } from '../adapters/process/logger.ts';
import { systemClock } from '../core/clock.ts';
import { PlatformError } from '../core/errors.ts';
import type { RegisterHostResponse } from '../proto/gen/vpcast/v1/RegisterHostResponse.ts';
import type { AgentConfig } from './config.ts';
import { stateOnlyDataPlane } from './data-plane.ts';
import { openFileJournal } from './journal/file-journal.ts';
import { lockDirectory } from './journal/lock.ts';
import type { AgentDeps, AgentOptions, ControlPort } from './ports.ts';
import type { Registration } from './registration.ts';
import { VERSION } from './version.ts';

export interface AgentContext {
  readonly deps: AgentDeps;
  readonly options: AgentOptions;
  /** Over everything that the agent sends. */
  readonly sends: Pick<SendWatch, 'check' | 'quietMs'>;
  /** After the agent was drained. */
  close(): Promise<void>;
}

/** Builds every dependency once. Throws `failed_precondition` while another agent uses the state directory. */
export async function openAgentContext(config: AgentConfig): Promise<AgentContext> {
  const logger = createLogger({ name: 'agent', level: config.logLevel });
  const lock = await lockDirectory(config.stateDirectory);
  const { clusterUrls, controlTls } = config;
  const client = openControlClient({
    addresses: config.controlAddresses,
    retry: { attempts: 1 },
    ...(controlTls === undefined ? {} : { credentials: clientTls(controlTls, { logger }) }),
  });
  const clusters = openClusters({ access: config.pulsar, logger });
  const sends = new SendWatch();
  return {
    deps: {
      control: controlPort(client),
      openCluster: async (name, announcedUrl) => {
        const serviceUrl = clusterUrls.get(name) ?? announcedUrl;
        // An agent administers nothing.
        const cluster = { name, serviceUrl, adminUrl: 'http://127.0.0.1:1' };
        const { bus } = await clusters.open(`${name} ${serviceUrl}`, () => cluster);
        return sends.over(bus);
      },
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
      cluster: config.cluster,
      heartbeatMs: config.heartbeatMs,
      reportWindowMs: config.reportWindowMs,
      reportCoalesceMs: config.reportCoalesceMs,
    },
    sends,
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
  const { clusters, statusTopic, statusPartitions, publicLanes, deadLetterTopic } = response;
  const lane = response.host?.lane;
  if (!lane) throw new PlatformError('internal', 'the control service named no lane for the host');
  const { cluster, topic, partition, slot, epoch } = lane;
  return {
    lane: { cluster, topic, partition, slot, epoch },
    clusters: clusters.map(({ name, serviceUrl }) => ({ name, serviceUrl })),
    statusTopic,
    statusPartitions,
    publicLanes,
    ...(deadLetterTopic === '' ? {} : { deadLetterTopic }),
  };
}
