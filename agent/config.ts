import { SettingsError, readSettings, setting } from '../adapters/process/env.ts';
import { logLevels } from '../adapters/process/logger.ts';
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
  readonly stateDirectory: string;
  readonly tenant: string;
  /** Service URLs that hold instead of those that the control service names. */
  readonly clusterUrls: ReadonlyMap<string, string>;
  readonly pulsarToken: string | undefined;
  readonly heartbeatMs: number;
  readonly reportWindowMs: number;
  readonly healthAddress: string;
  readonly readyFile: string | undefined;
  readonly logLevel: LogLevel;
}

/** The agent's settings by their names. */
export const agentSettings = {
  hostId: setting.text('VPCAST_HOST_ID', { description: 'Id of this host' }),
  hostName: setting.text('VPCAST_HOST_NAME', { description: 'Name of this host', default: '' }),
  vtepIp: setting.text('VPCAST_VTEP_IP', { description: 'Tunnel endpoint address of this host' }),
  macAddress: setting.text('VPCAST_MAC_ADDRESS', {
    description: 'MAC address of the tunnel endpoint',
    default: '',
  }),
  zone: setting.text('VPCAST_ZONE', { description: 'Availability zone of this host', default: '' }),
  labels: setting.list('VPCAST_LABELS', { description: 'Labels of this host, name=value', default: [] }),
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
    default: ['127.0.0.1:7470'],
  }),
  stateDirectory: setting.text('VPCAST_STATE_DIRECTORY', {
    description: 'Where the state survives a restart',
    default: '/var/lib/vpcast',
  }),
  tenant: setting.text('VPCAST_TENANT', { description: 'Pulsar tenant of all topics', default: 'vpcast' }),
  clusterUrls: setting.list('VPCAST_CLUSTER_URLS', {
    description: 'Service URLs, name=pulsar://host:port, in place of those that the control service names',
    default: [],
  }),
  pulsarToken: setting.optional(setting.secret('VPCAST_PULSAR_TOKEN', { description: 'For every cluster' })),
  heartbeatMs: setting.durationMs('VPCAST_HEARTBEAT', {
    description: 'Between reports when there is nothing to say',
    default: 10_000,
    min: 100,
  }),
  reportWindowMs: setting.durationMs('VPCAST_REPORT_WINDOW', {
    description: 'What there is to report within it goes into one message',
    default: 20,
  }),
  healthAddress: setting.text('VPCAST_HEALTH_ADDRESS', {
    description: 'Address of /healthz, /readyz and /metrics, host:port',
    default: '127.0.0.1:7482',
  }),
  readyFile: setting.optional(
    setting.text('VPCAST_READY_FILE', { description: 'Written when the agent runs' }),
  ),
  logLevel: setting.choice('VPCAST_LOG_LEVEL', {
    description: 'The least important messages that are logged',
    choices: logLevels,
    default: 'info',
  }),
};

/** Throws SettingsError with everything that is wrong, or HelpRequested. */
export function readAgentConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
): AgentConfig {
  const { labels, clusterUrls, ...settings } = readSettings(agentSettings, env, argv);
  const problems: string[] = [];
  const config = {
    ...settings,
    labels: Object.fromEntries(pairs('VPCAST_LABELS', labels, problems)),
    clusterUrls: new Map(pairs('VPCAST_CLUSTER_URLS', clusterUrls, problems)),
  };
  if (problems.length > 0) throw new SettingsError(problems);
  return config;
}

function pairs(variable: string, items: readonly string[], problems: string[]): [string, string][] {
  return items.flatMap((item): [string, string][] => {
    const at = item.indexOf('=');
    if (at > 0) return [[item.slice(0, at), item.slice(at + 1)]];
    problems.push(`${variable} must have items of the form name=value`);
    return [];
  });
}
