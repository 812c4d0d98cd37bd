import { randomUUID } from 'node:crypto';
import { decodeReport } from '../../core/codec/report.ts';
import type { HostReport } from '../../core/codec/report.ts';
import type { IncomingMessage } from '../../core/messaging/port.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { retry } from '../../core/retry.ts';
import type { ServerDeps } from '../deps.ts';
import { HostQueues } from './host-queues.ts';
import { takeReport } from './take-report.ts';

/** Reports handled at the same time; more wait with the broker. */
const CONCURRENCY = 256;

export interface ReportCounts {
  received: number;
  /** Acknowledged without a look at the contents. */
  malformed: number;
  /** Given up after an error that would not pass. */
  failed: number;
}

export interface Reports {
  readonly counts: Readonly<ReportCounts>;
  /** Takes no more, finishes what it has, and leaves the subscriptions. */
  drain(): Promise<void>;
}

/** Takes the hosts' reports of every cluster. A report is acknowledged once the store has it. */
export async function startReports(deps: ServerDeps): Promise<Reports> {
  const { logger, topics, statusPartitions } = deps;
  const counts: ReportCounts = { received: 0, malformed: 0, failed: 0 };
  const queues = new HostQueues(CONCURRENCY);
  const stopping = new AbortController();

  const handle = async (message: IncomingMessage): Promise<void> => {
    if (stopping.signal.aborted) return;
    counts.received++;
    const report = decode(message);
    if (report === undefined) {
      counts.malformed++;
      await message.ack();
      return;
    }
    await queues.add(report.host, () => finish(report, message));
  };

  const decode = (message: IncomingMessage): HostReport | undefined => {
    try {
      return decodeReport(message.payload);
    } catch (error) {
      logger.warn('malformed report', { key: message.key, error });
      return undefined;
    }
  };

  const finish = async (report: HostReport, message: IncomingMessage): Promise<void> => {
    try {
      await retry(() => takeReport(deps, report), { attempts: Infinity, signal: stopping.signal });
    } catch (error) {
      // Left for whoever comes next.
      if (stopping.signal.aborted) return;
      counts.failed++;
      logger.error('report was given up', { host: report.host, error });
    }
    try {
      await message.ack();
    } catch (error) {
      logger.warn('report was not acknowledged and will come again', { host: report.host, error });
    }
  };

  const consumerName = `control-${randomUUID()}`;
  const joined = await Promise.all(
    [...deps.clusters.values()].map(({ bus }) =>
      bus.subscribeGroup({
        topic: topics.status,
        partitions: statusPartitions,
        subscription: subscriptions.control,
        consumerName,
        order: 'by-key',
        handler: handle,
      }),
    ),
  );

  const drain = async (): Promise<void> => {
    stopping.abort();
    // Acknowledgements need the subscriptions, so these go last.
    await queues.idle();
    await Promise.all(joined.map((subscription) => subscription.close()));
  };
  let drained: Promise<void> | undefined;
  return { counts, drain: () => (drained ??= drain()) };
}
