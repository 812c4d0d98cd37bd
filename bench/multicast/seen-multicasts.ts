import type { IncomingMessage, MessageBus } from '../../core/messaging/port.ts';
import type { SentTally } from '../agents-messages.ts';
import { monotonicMs } from '../monotonic.ts';
import { watchedBus } from '../watched-bus.ts';
import { Receipts } from './receipts.ts';

type Tell = (stage: 'received' | 'durable', tally: SentTally) => void;

/** What the agents of this process got of each revision of a VPC: that it came in, and that it became durable. */
export class SeenMulticasts {
  readonly #received: Receipts;
  readonly #durable: Receipts;
  /** Revision -> when the first of its messages was sent. */
  readonly #sentAtMs = new Map<number, number>();
  /** Between the clock of the messages and ours. */
  readonly #offsetMs = performance.timeOrigin + performance.now() - monotonicMs();

  constructor(hosts: number, tell: Tell) {
    const tellStage = (stage: 'received' | 'durable'): Receipts =>
      new Receipts(hosts, (received) => {
        tell(stage, { ...received, sentAtMs: this.#sentAtMs.get(received.multicast) ?? Infinity });
      });
    this.#received = tellStage('received');
    this.#durable = tellStage('durable');
  }

  /** The bus, with the arrival of each message noted as the agent gets it. */
  watch(host: number, bus: MessageBus): MessageBus {
    return watchedBus(bus, ['slots', 'readers'], (message, handler) => {
      // The agent decodes it before it waits for anything.
      const handled = handler(message);
      this.#arrived(host, message);
      return handled;
    });
  }

  durable(host: number, revision: number): void {
    this.#durable.add(revision, host, monotonicMs());
  }

  /** Of what not all hosts have. */
  report(): void {
    this.#received.report();
    this.#durable.report();
  }

  #arrived(host: number, { properties, sentAtMs }: IncomingMessage): void {
    if (properties['kind'] !== 'changes' && properties['kind'] !== 'fan-out') return;
    if (properties['scope']?.startsWith('vpc/') !== true) return;
    const revision = Number(properties['to']);
    const sent = sentAtMs - this.#offsetMs;
    if (sent < (this.#sentAtMs.get(revision) ?? Infinity)) this.#sentAtMs.set(revision, sent);
    this.#received.add(revision, host, monotonicMs());
  }
}
