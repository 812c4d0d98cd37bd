import { decodeBody } from '../../core/codec/envelope.ts';
import { decodeFanOutBody } from '../../core/codec/fan-out.ts';
import type { IncomingMessage, MessageBus } from '../../core/messaging/port.ts';
import type { SentTally } from '../agents-messages.ts';
import { defer } from '../deferred.ts';
import type { Deferred } from '../deferred.ts';
import { monotonicMs } from '../monotonic.ts';
import { watchedBus } from '../../local/watched-bus.ts';
import { Receipts } from './receipts.ts';

type Tell = (stage: 'received' | 'durable', tally: SentTally) => void;

/** What the agents of this process got of each revision of a VPC: that it came in, and that it became durable. */
export class SeenMulticasts {
  readonly #received: Receipts;
  readonly #durable: Receipts;
  /** Revision -> when the first of its messages was sent. */
  readonly #sentAtMs = new Map<number, number>();
  #held: Deferred<undefined> | undefined;
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

  /** The bus, with the arrival of each message noted when it is decoded, which the agent does once more. */
  watch(host: number, hostId: string, bus: MessageBus): MessageBus {
    return watchedBus(bus, ['slots', 'readers'], async (message, handler) => {
      if (this.#arrived(host, hostId, message)) await this.#held?.promise;
      await handler(message);
    });
  }

  durable(host: number, revision: number): void {
    this.#durable.add(revision, host, monotonicMs());
  }

  /** From now on agents get what has arrived only when they are let go. */
  hold(): void {
    this.#held ??= defer();
  }

  letGo(): void {
    this.#held?.resolve(undefined);
    this.#held = undefined;
  }

  /** Of what not all hosts have. */
  report(): void {
    this.#received.report();
    this.#durable.report();
  }

  /** True if it is of the kind that counts. */
  #arrived(host: number, hostId: string, { properties, payload, sentAtMs }: IncomingMessage): boolean {
    const { kind, scope } = properties;
    if ((kind !== 'changes' && kind !== 'fan-out') || scope?.startsWith('vpc/') !== true) return false;
    if (kind === 'fan-out') decodeFanOutBody(payload, hostId);
    else decodeBody(payload);
    const revision = Number(properties['to']);
    const sent = sentAtMs - this.#offsetMs;
    if (sent < (this.#sentAtMs.get(revision) ?? Infinity)) this.#sentAtMs.set(revision, sent);
    this.#received.add(revision, host, monotonicMs());
    return true;
  }
}
