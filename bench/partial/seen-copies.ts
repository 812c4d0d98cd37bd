import { packPayloads } from '../../core/codec/envelope.ts';
import type { IncomingMessage, MessageBus } from '../../core/messaging/port.ts';
import { monotonicMs } from '../monotonic.ts';
import { watchedBus } from '../../local/watched-bus.ts';

/** What the hosts of one process got that ends at one revision of a VPC, so far. A tuple, since there are many. */
export type CopiesTally = readonly [
  revision: number,
  /** Copies with something in them, all their bytes, and when the last one came in; `monotonicMs()`. */
  copies: number,
  bytes: number,
  lastAtMs: number,
  /** Copies of a range that has nothing for the host. */
  empty: number,
];

const EMPTY_BYTES = packPayloads([])[0]?.length ?? 0;

/** Counts the copies that the agents of this process get, as they come in. */
export class SeenCopies {
  readonly #tallies = new Map<number, CopiesTally>();
  readonly #changed = new Set<number>();

  watch(bus: MessageBus): MessageBus {
    return watchedBus(bus, ['slots'], (message, handler) => {
      this.#arrived(message);
      return handler(message);
    });
  }

  /** Those that have changed since the last call. */
  take(): CopiesTally[] {
    const tallies = [...this.#changed].map((revision) => this.#of(revision));
    this.#changed.clear();
    return tallies;
  }

  #arrived({ properties, payload }: IncomingMessage): void {
    if (properties['kind'] !== 'changes' || properties['scope']?.startsWith('vpc/') !== true) return;
    const revision = Number(properties['to']);
    const [, copies, bytes, lastAtMs, empty] = this.#of(revision);
    const tally: CopiesTally =
      payload.length <= EMPTY_BYTES
        ? [revision, copies, bytes, lastAtMs, empty + 1]
        : [revision, copies + 1, bytes + payload.length, monotonicMs(), empty];
    this.#tallies.set(revision, tally);
    this.#changed.add(revision);
  }

  #of(revision: number): CopiesTally {
    return this.#tallies.get(revision) ?? [revision, 0, 0, 0, 0];
  }
}
