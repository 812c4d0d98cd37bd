import { pairs } from '../adapters/backing/forms.ts';
import { healthSetting, processSettings, pulsarSettings } from '../adapters/backing/settings.ts';
import type { PulsarAccess } from '../adapters/backing/settings.ts';
import { controlTlsSettings, readControlTls } from '../adapters/backing/tls.ts';
import type { CertificateFiles } from '../adapters/grpc/certificates.ts';
import { readSettings, setting } from '../adapters/process/env.ts';
import type { LogLevel } from '../adapters/process/logger.ts';

export interface AgentConfig {
  readonly hostId: string;
  readonly hostName: string;
  readonly vtepIp: string;
  readonly macAddress: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serves: readonly string[];
  readonly cluster: string;
  readonly controlAddresses: readonly string[];
  /** Undefined = no TLS. */
  readonly controlTls: CertificateFiles | undefined;
  readonly stateDirectory: string;
  /** Service URLs that hold instead of those that the control service names. */
  readonly clusterUrls: ReadonlyMap<string, string>;
  readonly pulsar: PulsarAccess;
  readonly heartbeatMs: number;
  readonly reportWindowMs: number;
  readonly reportCoalesceMs: number;
  readonly brokerProbeMs: number;
  readonly healthAddress: string;
  /** '' = none. */
  readonly agentSocket: string;
  readonly readyFile: string | undefined;
  readonly logLevel: LogLevel;
}

/** The agent's settings by their names. */
export const agentSettings = {
  ...processSettings,
  ...pulsarSettings,
  hostId: setting.text('VPCAST_HOST_ID', { description: 'Id of this host' }),
  hostName: setting.text('VPCAST_HOST_NAME', { description: 'Name of this host', default: '' }),
  vtepIp: setting.text('VPCAST_VTEP_IP', { description: 'Tunnel endpoint address of this host' }),
  macAddress: setting.text('VPCAST_MAC_ADDRESS', {
    description: 'MAC address of the tunnel endpoint',
    default: '',
  }),
  zone: setting.text('VPCAST_ZONE', { description: 'Availability zone of this host', default: '' }),
  labels: pairs('VPCAST_LABELS', { description: 'Labels of this host, name=value', default: [] }),
  serves: setting.list('VPCAST_SERVES', {
    description: 'Kinds of public resource that this host helps to serve',
    default: [],
  }),
  cluster: setting.text('VPCAST_CLUSTER', {
    description: "Wish for the Pulsar cluster of the host's lane; only heeded at the first registration",
    default: '',
  }),
  controlAddresses: setting.list('VPCAST_CONTROL_ADDRESSES', {
    description: 'The control service, host:port',
    default: ['127.0.0.1:7400'],
  }),
  ...controlTlsSettings,
  stateDirectory: setting.text('VPCAST_STATE_DIRECTORY', {
    description: 'Where the state survives a restart',
    default: '/var/lib/vpcast',
  }),
  clusterUrls: pairs('VPCAST_CLUSTER_URLS', {
    description: 'Service URLs, name=pulsar://host:port, in place of those that the control service names',
    default: [],
  }),
  heartbeatMs: setting.durationMs('VPCAST_HEARTBEAT', {
    description: 'Between reports when there is nothing to say',
    default: 10_000,
    min: 100,
  }),
  reportWindowMs: setting.durationMs('VPCAST_REPORT_WINDOW', {
    description: 'Least time between reports that somebody waits for: own ports, failures, memberships',
    default: 20,
  }),
  reportCoalesceMs: setting.durationMs('VPCAST_REPORT_COALESCE', {
    description: 'Least time between all other reports, so that they go together',
    default: 1_000,
  }),
  brokerProbeMs: setting.durationMs('VPCAST_BROKER_PROBE', {
    description: 'When /readyz is asked and the broker has confirmed nothing for this long, a report is sent',
    default: 1_000,
  }),
  healthAddress: healthSetting(7421),
  agentSocket: setting.text('VPCAST_AGENT_SOCKET', {
    description: 'Unix socket on which it answers `vpcast-agent status` and the like; none unless it is set',
    default: '',
  }),
};

/** Throws SettingsError with everything that is wrong, or HelpRequested. */
export function readAgentConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): AgentConfig {
  const all = readSettings(agentSettings, env, argv);
  const { labels, clusterUrls, pulsarToken, pulsarCaFile, ...settings } = all;
  return {
    ...settings,
    controlTls: readControlTls(all),
    labels: Object.fromEntries(labels),
    clusterUrls: new Map(clusterUrls),
    pulsar: { token: pulsarToken, caFile: pulsarCaFile },
  };
}
