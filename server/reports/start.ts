import { randomUUID } from 'node:crypto';
import { decodeReport } from '../../core/codec/report.ts';
import type { HostReport } from '../../core/codec/report.ts';
import { DeadLetters } from '../../core/messaging/dead-letters.ts';
import type { DeadLetterCount } from '../../core/messaging/dead-letters.ts';
import type { IncomingMessage, MessagingCluster } from '../../core/messaging/port.ts';
import { retry } from '../../core/retry.ts';
import type { ServerDeps } from '../deps.ts';
import * as fields from '../fields.ts';
import { decodeCanary, noteCanary } from '../leases/canary.ts';
import { Hearing } from '../leases/hearing.ts';
import { HostQueues } from './host-queues.ts';
import { Later } from './later.ts';
import { StatusSubscription } from './status-subscription.ts';
import { takeReport } from './take-report.ts';

/** Reports handled at the same time; more wait with the broker. */
const CONCURRENCY = 256;

/** What a server counts of the hosts' reports. */
export const reportCounters = {
  received: 'Reports of hosts that were taken in.',
  malformed: 'Reports that were acknowledged without a look at the contents.',
  failed: 'Reports that were given up after an error that would not pass.',
  rollbacks: 'Scopes that began a new incarnation because the store had lost their tail.',
} as const;

export type ReportCounts = Record<keyof typeof reportCounters, number>;

export interface Reports {
  readonly counts: Readonly<ReportCounts>;
  deadLetters(): readonly DeadLetterCount[];
  /** The subscriptions of all clusters are open for the first time. */
  readonly joined: Promise<void>;
  /** Closes and opens the subscription of a cluster, in the background. */
  reopen(cluster: string): void;
  /** Takes no more, finishes what it has, and leaves the subscriptions. */
  drain(): Promise<void>;
}

/**
 * Takes the hosts' reports of every cluster, of each as soon as it is prepared. A report is acknowledged once the store
 * has it.
 */
export function startReports(
  deps: ServerDeps,
  prepared: (cluster: string) => Promise<void> = () => Promise.resolve(),
): Reports {
  const { logger, store, topics, clock } = deps;
  const counts: ReportCounts = { received: 0, malformed: 0, failed: 0, rollbacks: 0 };
  const queues = new HostQueues(CONCURRENCY);
  const later = new Later(logger);
  const hearing = new Hearing(store, logger);
  const stopping = new AbortController();
  const { signal } = stopping;
  const reporter = `control-${randomUUID()}`;

  const deadLetters: DeadLetters[] = [];
  const handlerFor = ({ bus }: MessagingCluster): ((message: IncomingMessage) => Promise<void>) => {
    const letters = new DeadLetters({
      ...{ reporter, clock, logger, lanes: ['status'] },
      send: (letter) => bus.sendByKey(topics.deadLetters, 1, reporter, letter),
    });
    deadLetters.push(letters);
    const putAside = (message: IncomingMessage, error: unknown): void => {
      letters.put({ lane: 'status', message, error });
    };

    return async (message) => {
      if (signal.aborted) return;
      const canary = decodeCanary(message.properties);
      if (canary !== undefined) {
        await queues.add(canary.lane, () => finish(message, () => noteCanary(store, canary), putAside));
        return;
      }
      counts.received++;
      let report: HostReport;
      try {
        report = decode(message);
      } catch (error) {
        counts.malformed++;
        logger.warn('malformed report', { key: message.key, error });
        putAside(message, error);
        await message.ack();
        return;
      }
      hearing.note(report.host);
      const take = (): Promise<void> => takeReport({ deps, later, counts }, report);
      await queues.add(report.host, () => finish(message, take, putAside));
    };
  };

  const finish = async (
    message: IncomingMessage,
    take: () => Promise<void>,
    putAside: (message: IncomingMessage, error: unknown) => void,
  ): Promise<void> => {
    try {
      await retry(take, { attempts: Infinity, signal });
    } catch (error) {
      // Left for whoever comes next.
      if (signal.aborted) return;
      counts.failed++;
      logger.error('report was given up', { key: message.key, error });
      putAside(message, error);
    }
    try {
      await message.ack();
    } catch (error) {
      logger.warn('report was not acknowledged and will come again', { key: message.key, error });
    }
  };

  const joined = new Map<string, StatusSubscription>();
  const joining = [...deps.clusters.values()].map(async (cluster) => {
    await prepared(cluster.name);
    const handler = handlerFor(cluster);
    const subscription = new StatusSubscription({ deps, cluster, consumerName: reporter, handler, signal });
    joined.set(cluster.name, subscription);
    await subscription.open();
  });

  const drain = async (): Promise<void> => {
    stopping.abort();
    // Acknowledgements need the subscriptions, so these go last.
    await queues.idle();
    await Promise.allSettled(joining);
    await Promise.all([...joined.values()].map((subscription) => subscription.close()));
    await later.drain();
    await hearing.drain();
  };
  let drained: Promise<void> | undefined;
  return {
    counts,
    deadLetters: () => deadLetters.flatMap((letters) => letters.counts()),
    joined: Promise.all(joining).then(() => undefined),
    reopen: (cluster) => {
      void joined.get(cluster)?.open();
    },
    drain: () => (drained ??= drain()),
  };
}

/** The key that it came by is the host's id, and so is what leases are kept by. */
function decode(message: IncomingMessage): HostReport {
  const report = decodeReport(message.payload);
  fields.id('host', report.host);
  return report;
}
