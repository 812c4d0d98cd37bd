import { mkdir } from 'node:fs/promises';
import { freePorts } from '../../scripts/free-ports.ts';
import { startPulsar } from '../../scripts/services/pulsar.ts';
import type { PulsarService } from '../../scripts/services/pulsar.ts';
import { portsOf } from '../../scripts/services/saved-ports.ts';
import { Link } from './link.ts';

/** How one group of programs reaches the broker. */
export interface BrokerAccess {
  readonly serviceUrl: string;
  readonly adminUrl: string;
  /** That of the clients and that of the admin API. */
  readonly links: readonly Link[];
}

export interface Broker {
  readonly service: PulsarService;
  readonly accesses: readonly BrokerAccess[];
}

const START_MS = 300_000;

/** A broker that all groups of programs reach without anything in between. */
export async function startNearBroker(dir: string, groups: number): Promise<Broker> {
  await mkdir(dir, { recursive: true });
  const service = await startPulsar({ dir, startTimeoutMs: START_MS, report: () => undefined });
  const { url: serviceUrl, adminUrl } = service;
  return { service, accesses: Array.from({ length: groups }, () => ({ serviceUrl, adminUrl, links: [] })) };
}

/**
 * A broker that each group of programs reaches over links of its own. It tells clients where topics are, so it must
 * know the links: it has a port, and a listener, for each of them, and on each port it names the address of the link.
 */
export async function startBroker(dir: string, groups: number): Promise<Broker> {
  await mkdir(dir, { recursive: true });
  // The three that it gets from its directory anyway, the first of them for itself.
  const [ownPort = 0, adminPort = 0] = await portsOf(dir, 3);
  const ports = await freePorts(groups);
  const clients = await Promise.all(ports.map((port) => Link.open(port)));
  const admins = await Promise.all(ports.map(() => Link.open(adminPort)));
  const advertised = clients.map(({ port }, n) => `group${n}:pulsar://127.0.0.1:${port}`);
  const service = await startPulsar({
    dir,
    settings: {
      bindAddresses: ports.map((port, n) => `group${n}:pulsar://127.0.0.1:${port}`).join(','),
      advertisedListeners: [`internal:pulsar://127.0.0.1:${ownPort}`, ...advertised].join(','),
      internalListenerName: 'internal',
    },
    // On a machine that has too much to do a start takes minutes; one that is given up and begun again takes for ever.
    startTimeoutMs: START_MS,
    report: () => undefined,
  });
  const accesses = clients.map((client, n) => {
    const admin = admins[n];
    return {
      serviceUrl: `pulsar://127.0.0.1:${client.port}`,
      adminUrl: `http://127.0.0.1:${admin?.port ?? 0}`,
      links: admin === undefined ? [client] : [client, admin],
    };
  });
  return { service, accesses };
}
