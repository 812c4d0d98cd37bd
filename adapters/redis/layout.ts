import { crc32 } from 'node:zlib';
import { murmur3 } from '../../core/placement/slots.ts';
import type { Scope } from '../../core/store/port.ts';

/**
 * The names of the keys. The braces are Redis Cluster's hash tag: all keys of a scope lie in one slot.
 *
 * | key of a scope | type   | holds |
 * |----------------|--------|-------|
 * | `meta`         | hash   | incarnation, revision, dispatched, token, base (sent to all), reports, life |
 * | `rec`          | hash   | record key -> `<revision>\n<body>`, or `<revision>` for a tombstone |
 * | `log`          | zset   | logged record key, score = revision of its newest version |
 * | `idx`          | zset   | live logged record keys, all with score 0, for paging in order |
 * | `cnt`          | hash   | counter -> value |
 * | `sent`         | hash   | receiver -> revision, where it differs from base |
 * | `marks`        | zset   | marked revision, score = itself |
 * | `rep`          | hash   | reporter -> `<incarnation>\n<epoch>\n<revision>\n<body>` |
 * | `req:<id>`     | string | `<life>\n<revision>\n[fingerprint, response]`, expires |
 *
 * `life` is drawn when a scope is first written with a request id and goes with the scope, so that dropping it makes
 * all its request ids void without anyone having to find them.
 */
export class Layout {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  scope(scope: Scope): ScopeKeys {
    const tag = `${this.#prefix}:{${scope}}`;
    return {
      meta: `${tag}:meta`,
      rec: `${tag}:rec`,
      log: `${tag}:log`,
      idx: `${tag}:idx`,
      cnt: `${tag}:cnt`,
      sent: `${tag}:sent`,
      marks: `${tag}:marks`,
      rep: `${tag}:rep`,
      req: (id) => `${tag}:req:${id}`,
    };
  }

  /** String `<time of the last claim, ms>\n<owner>`. One key each, so that claims spread over the whole cluster. */
  claim(kind: string, id: string): string {
    return `${this.#prefix}:claim:${kind}/${id}`;
  }

  /** Zset with all scores 0: ids in order. */
  catalog(name: string): string {
    return `${this.#prefix}:catalog:${name}`;
  }

  /** Zsets scope -> time of the last announcement, ms. Every write passes here, hence more than one key. */
  readonly announcementShards = 16;

  announcements(shard: number): string {
    return `${this.#prefix}:announced:${shard}`;
  }

  announcementsOf(scope: Scope): string {
    return this.announcements(crc32(scope) % this.announcementShards);
  }

  counter(name: string): string {
    return `${this.#prefix}:counter:${name}`;
  }

  /** String, milliseconds. */
  get leaseClock(): string {
    return `${this.#prefix}:lease-clock`;
  }

  /** Zsets host -> when it was heard of last, by the lease clock. Every report passes here, hence many keys. */
  readonly heardShards = 64;

  heard(shard: number): string {
    return `${this.#prefix}:heard:${shard}`;
  }

  heardShardOf(host: string): number {
    return murmur3(host) % this.heardShards;
  }
}

export interface ScopeKeys {
  readonly meta: string;
  readonly rec: string;
  readonly log: string;
  readonly idx: string;
  readonly cnt: string;
  readonly sent: string;
  readonly marks: string;
  readonly rep: string;
  readonly req: (id: string) => string;
}
