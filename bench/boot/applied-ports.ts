import { decodeHeader } from '../../core/codec/envelope.ts';
import type { IncomingMessage, MessageBus } from '../../core/messaging/port.ts';
import type { Port } from '../../core/model/resources.ts';
import type { Entry } from '../../core/model/view.ts';
import type { Scope } from '../../core/store/port.ts';
import { nowMs } from '../open-loop.ts';
import type { AppliedPort } from '../agents-messages.ts';
import { watchedBus } from '../../local/watched-bus.ts';

interface Arrival {
  readonly sentAtMs: number;
  readonly receivedAtMs: number;
}

/** Ports that became durable on the host they are bound on, each with the times of the message that brought it. */
export class AppliedPorts {
  readonly #arrivals = new Map<string, Arrival>();
  readonly #reported = new Set<string>();
  #ports: AppliedPort[] = [];

  /** The bus, with the arrival of each message noted before the host gets it. */
  watch(hostId: string, bus: MessageBus): MessageBus {
    return watchedBus(bus, ['slots'], (message, handler) => {
      this.#arrived(hostId, message);
      return handler(message);
    });
  }

  durable(hostId: string, scope: Scope, revision: number, changed: readonly Entry[]): void {
    const durableAtMs = nowMs();
    const arrival = this.#arrivals.get(`${hostId} ${scope} ${revision}`);
    this.#arrivals.delete(`${hostId} ${scope} ${revision}`);
    if (arrival === undefined) return;
    for (const { key, body } of changed) {
      if (!key.startsWith('port/') || body === undefined || this.#reported.has(`${hostId} ${key}`)) continue;
      // A neighbour has no bindings.
      const { id, bindings = [] } = JSON.parse(body) as Partial<Port>;
      if (id === undefined || !bindings.some((binding) => binding.hostId === hostId)) continue;
      this.#reported.add(`${hostId} ${key}`);
      this.#ports.push({ hostId, portId: id, ...arrival, durableAtMs });
    }
  }

  /** Those since the last call. */
  take(): AppliedPort[] {
    const ports = this.#ports;
    this.#ports = [];
    return ports;
  }

  #arrived(hostId: string, { properties, sentAtMs }: IncomingMessage): void {
    const header = decodeHeader(properties);
    if (header.kind === 'fence') return;
    this.#arrivals.set(`${hostId} ${header.scope} ${header.to}`, { sentAtMs, receivedAtMs: nowMs() });
  }
}
