import type { Clock } from '../../core/clock.ts';
import type { Logger } from '../../core/logger.ts';
import type { MessagingCluster } from '../../core/messaging/port.ts';
import type { Store } from '../../core/store/port.ts';
import { canariesBack, encodeCanary, spreadKeys } from './canary.ts';

export interface CanariesDeps {
  readonly store: Store;
  readonly clusters: Iterable<MessagingCluster>;
  readonly topic: string;
  readonly partitions: number;
  /** Milliseconds since any moment, never going back. */
  readonly monotonic: Clock;
  readonly logger: Logger;
}

interface Lane {
  readonly name: string;
  readonly key: string;
  readonly cluster: MessagingCluster;
  isSending: boolean;
  /** The oldest that has not come back. */
  awaited: { readonly sequence: number; readonly sentMs: number } | undefined;
  /** When the newest one that came back was sent. */
  backMs: number;
}

const KEYS_PER_PARTITION = 8;

/** The canaries that one server sends. Those of other servers on the same keys are as good a sign. */
export class Canaries {
  readonly #deps: CanariesDeps;
  readonly #lanes: readonly Lane[];

  constructor(deps: CanariesDeps) {
    this.#deps = deps;
    const { clusters, partitions } = deps;
    this.#lanes = [...clusters].flatMap((cluster) =>
      Array.from({ length: partitions }, (_, partition) =>
        spreadKeys(partition, partitions, KEYS_PER_PARTITION).map((key) => ({
          name: `${cluster.name}/${partition}/${key}`,
          ...{ key, cluster },
          ...{ isSending: false, awaited: undefined, backMs: -Infinity },
        })),
      ).flat(),
    );
  }

  /** Sends one on each lane. Resolves before the broker has them: one that is away must not hold up the others. */
  async send(): Promise<void> {
    const sequence = await this.#deps.store.next('canary');
    for (const lane of this.#lanes) if (!lane.isSending) void this.#send(lane, sequence);
  }

  async #send(lane: Lane, sequence: number): Promise<void> {
    const { topic, partitions, monotonic, logger } = this.#deps;
    const { bus } = lane.cluster;
    const sentMs = monotonic();
    lane.isSending = true;
    try {
      await bus.sendByKey(topic, partitions, lane.key, encodeCanary({ lane: lane.name, sequence }));
      lane.awaited ??= { sequence, sentMs };
    } catch (error) {
      logger.debug('a canary was not sent', { lane: lane.name, error });
    }
    lane.isSending = false;
  }

  /** Notes which have come back. */
  async look(): Promise<void> {
    const names = this.#lanes.map(({ name }) => name);
    const back = await canariesBack(this.#deps.store, names);
    this.#lanes.forEach((lane, i) => {
      if (lane.awaited === undefined || lane.awaited.sequence > (back[i] ?? 0)) return;
      lane.backMs = lane.awaited.sentMs;
      lane.awaited = undefined;
    });
  }

  /** Whether on every lane one has come back that was sent within this time. */
  areFresh(withinMs: number): boolean {
    const sinceMs = this.#deps.monotonic() - withinMs;
    return this.#lanes.every(({ backMs }) => backMs >= sinceMs);
  }

  /** Names of the clusters where one is missing for this long, although the broker has taken it. */
  missing(forMs: number): string[] {
    const untilMs = this.#deps.monotonic() - forMs;
    const late = this.#lanes.filter(({ awaited }) => awaited !== undefined && awaited.sentMs <= untilMs);
    return [...new Set(late.map(({ cluster }) => cluster.name))];
  }
}
