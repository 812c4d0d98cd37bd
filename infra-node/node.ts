import { randomUUID } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Timed } from '../core/codec/properties.ts';
import { encodeWork } from '../core/codec/work.ts';
import type { Work } from '../core/codec/work.ts';
import { PlatformError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { DeadLetters } from '../core/messaging/dead-letters.ts';
import type { MessagingCluster } from '../core/messaging/port.ts';
import type { TopicNames } from '../core/placement/topics.ts';
import type { Scope, Store } from '../core/store/port.ts';
import { defaultOptions } from './deps.ts';
import type { DispatchStep, InfraDeps, InfraOptions } from './deps.ts';
import { MemberCache } from './member-cache.ts';
import { OfflineHosts } from './offline.ts';
import { Rests } from './rests.ts';
import type { Splitter } from './split/chunk.ts';
import { emptyStats } from './stats.ts';
import type { InfraCounter, InfraStats, VpcStats } from './stats.ts';

/** What the parts of one infrastructure node share. */
export class Node {
  readonly name: string;
  readonly store: Store;
  readonly topics: TopicNames;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: InfraOptions;
  readonly home: MessagingCluster;
  readonly stats: InfraStats = emptyStats();
  /** What the parts know of how things stand; see `infraGauges`. */
  readonly gauges = { scopesBehind: 0, slotsDraining: 0, slotsParked: 0 };
  readonly members: MemberCache;
  readonly offline: OfflineHosts;
  readonly rests = new Rests();
  readonly deadLetters: DeadLetters;
  /** Undefined = large tasks are sent from here alone. */
  splitter: Splitter | undefined;
  readonly #deps: InfraDeps;
  readonly #workPartitions: number;

  constructor(deps: InfraDeps, workPartitions: number) {
    this.#deps = deps;
    this.#workPartitions = workPartitions;
    this.name = deps.name ?? `infra-${randomUUID().slice(0, 8)}`;
    this.store = deps.store;
    this.topics = deps.topics;
    this.clock = deps.clock;
    this.logger = deps.logger;
    this.options = { ...defaultOptions, ...deps.options };
    this.home = homeOf(deps);
    this.members = new MemberCache(this.options.cachedMembers);
    this.deadLetters = new DeadLetters({
      reporter: this.name,
      lanes: ['work', 'chunks'],
      send: (message) => this.home.bus.sendByKey(this.topics.deadLetters, 1, this.name, message),
      clock: this.clock,
      logger: this.logger,
    });
    this.offline = new OfflineHosts({
      store: deps.store,
      leaseMs: this.options.leaseMs,
      logger: deps.logger,
      onExpired: (hosts) => {
        this.count('offline', hosts);
      },
    });
  }

  async step(name: DispatchStep, scope: Scope): Promise<void> {
    await this.#deps.hooks?.step(name, scope);
  }

  async cluster(name: string): Promise<MessagingCluster> {
    const cluster = this.#deps.clusters.get(name) ?? (await this.#deps.openCluster?.(name));
    if (cluster === undefined) throw new PlatformError('unavailable', `cluster ${name} is not known`);
    return cluster;
  }

  /** Nothing is sent to such a host, unless windows are off. */
  isOffline(hostId: string): boolean {
    return this.options.windowBudget > 0 && this.offline.has(hostId);
  }

  /** Has the scope dispatched, here or by another node. */
  wake(scope: Scope): Promise<void> {
    return this.put({ kind: 'dispatch', scope });
  }

  /** Puts work on its topic. Never fails: the sweep, or the next pass, makes up for what is lost. */
  async put(work: Work): Promise<void> {
    const { scope } = work;
    try {
      await this.home.bus.sendByKey(this.topics.work, this.#workPartitions, scope, encodeWork(work));
    } catch (error) {
      this.logger.warn('could not put a scope on the work topic', { scope, error });
    }
  }

  count(counter: InfraCounter, amount = 1): void {
    this.stats[counter] += amount;
  }

  /** A range of a log was dispatched. */
  dispatched({ sinceMs }: Timed): void {
    this.count('ranges');
    // Another machine's clock may be ahead.
    if (sinceMs !== undefined) this.#deps.onDispatched?.(Math.max(0, this.clock() - sinceMs) / 1_000);
  }

  /** Counts for the node and, if wanted, for the VPC. */
  countVpc(scope: Scope, counter: keyof VpcStats, amount = 1): void {
    this.count(counter, amount);
    if (!this.options.statsPerVpc || !scope.startsWith('vpc/')) return;
    const stats = this.stats.perVpc.get(scope) ?? {
      revisions: 0,
      messages: 0,
      copies: 0,
      fanOuts: 0,
      snapshots: 0,
    };
    stats[counter] += amount;
    this.stats.perVpc.set(scope, stats);
  }
}

export function homeOf({ clusters }: Pick<InfraDeps, 'clusters'>): MessagingCluster {
  const [home] = clusters.values();
  if (home === undefined) throw new PlatformError('invalid_argument', 'there must be a home cluster');
  return home;
}
