import type { MessagingCluster, NamespacePolicy } from '../../core/messaging/port.ts';
import { PulsarAdmin } from './admin.ts';
import { AdminHttp } from './admin-http.ts';
import { connect, listenToLog, loadAddon } from './addon.ts';
import type { ConnectOptions, LogHook } from './addon.ts';
import { PulsarBus } from './bus.ts';
import { defaultProducersOptions } from './producers.ts';
import type { ProducersOptions } from './producers.ts';

export interface PulsarClusterOptions extends ConnectOptions {
  readonly name: string;
  /** `http://host:8080` or `https://host:8443` */
  readonly adminUrl: string;
  readonly tenant?: string;
  /** Those that `admin.prepare()` makes. */
  readonly namespaces?: readonly NamespacePolicy[];
  readonly producers?: Partial<ProducersOptions>;
  readonly log?: LogHook;
}

export interface PulsarCluster extends MessagingCluster {
  /** Without it the process stays alive. */
  close(): Promise<void>;
}

/** Makes a client; connections are made at the first use. Throws `unavailable` where the addon is not built. */
export async function openPulsarCluster(options: PulsarClusterOptions): Promise<PulsarCluster> {
  const { name, tenant = 'vpcast', namespaces = [], log = () => undefined } = options;
  const addon = await loadAddon();
  const http = new AdminHttp(options);
  const endLog = listenToLog(log);
  const bus = new PulsarBus(
    connect(addon, options),
    { ...defaultProducersOptions, ...options.producers },
    log,
  );
  return {
    name,
    bus,
    admin: new PulsarAdmin(http, { tenant, namespaces }),
    close: async () => {
      await bus.close();
      http.close();
      endLog();
    },
  };
}
