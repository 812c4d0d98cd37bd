import { invalid, PlatformError } from '../../core/errors.ts';
import type { NamespacePolicy, TopicAdmin, TopicStats } from '../../core/messaging/port.ts';
import type { AdminHttp } from './admin-http.ts';
import { prepareNamespaces } from './namespaces.ts';
import { retry } from './retry.ts';
import { readTopicStats } from './topic-stats.ts';

const GROW_FOR_MS = 15_000;
const EARLIEST = { ledgerId: -1, entryId: -1 };

export interface PulsarAdminOptions {
  readonly tenant: string;
  readonly namespaces: readonly NamespacePolicy[];
}

export class PulsarAdmin implements TopicAdmin {
  private readonly http: AdminHttp;
  private readonly options: PulsarAdminOptions;
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(http: AdminHttp, options: PulsarAdminOptions) {
    this.http = http;
    this.options = options;
  }

  prepare(): Promise<void> {
    return prepareNamespaces(this.http, this.options.tenant, this.options.namespaces);
  }

  /** One at a time per topic: brokers let the smaller of two overlapping growths win. Other processes are not seen. */
  async ensureTopic(topic: string, partitions: number, subscriptions: readonly string[]): Promise<void> {
    if (!Number.isInteger(partitions) || partitions < 1) {
      throw invalid('partitions', 'must be a whole number above 0');
    }
    const path = pathOf(topic);
    const before = this.underWay.get(path) ?? Promise.resolve();
    const own = before.catch(() => undefined).then(() => this.ensure(path, partitions, subscriptions));
    this.underWay.set(path, own);
    try {
      await own;
    } finally {
      if (this.underWay.get(path) === own) this.underWay.delete(path);
    }
  }

  async deleteTopic(topic: string): Promise<void> {
    await this.http.call('DELETE', `${pathOf(topic)}/partitions?force=true`, undefined, [404]);
  }

  async topicStats(topic: string): Promise<TopicStats | undefined> {
    const path = `${pathOf(topic)}/partitioned-stats?perPartition=true&getPreciseBacklog=true`;
    const { status, body } = await this.http.call('GET', path, undefined, [404]);
    return status === 404 ? undefined : readTopicStats(topic, body);
  }

  private async ensure(path: string, partitions: number, subscriptions: readonly string[]): Promise<void> {
    await retry(() => this.makeOrGrow(path, partitions), { forMs: GROW_FOR_MS });
    // On a partitioned topic this makes it where it is missing, and 409 says that it was everywhere.
    for (const subscription of subscriptions) {
      await this.http.call(
        'PUT',
        `${path}/subscription/${encodeURIComponent(subscription)}`,
        EARLIEST,
        [409],
      );
    }
  }

  private async makeOrGrow(path: string, partitions: number): Promise<void> {
    const made = await this.http.call('PUT', `${path}/partitions`, partitions, [409]);
    if (made.status !== 409 || (await this.partitionsOf(path)) >= partitions) return;
    // `force`: partitions that an interrupted growth left behind are taken over, not complained about.
    await this.http.call('POST', `${path}/partitions?force=true`, partitions, [409]);
    if ((await this.partitionsOf(path)) < partitions) {
      throw new PlatformError('aborted', `${path} did not grow to ${partitions} partitions`);
    }
  }

  private async partitionsOf(path: string): Promise<number> {
    const { status, body } = await this.http.call('GET', `${path}/partitions`, undefined, [404]);
    // Refused as existing a moment ago: another call is making it, or has just deleted it.
    if (status === 404)
      throw new PlatformError('aborted', `${path} is being made or deleted by another call`);
    if (typeof body === 'object' && body !== null && 'partitions' in body) {
      if (typeof body.partitions === 'number') return body.partitions;
    }
    throw new PlatformError('internal', `no partition count in the answer about ${path}`);
  }
}

function pathOf(topic: string): string {
  const parts = /^persistent:\/\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(topic)?.slice(1);
  if (parts === undefined) throw invalid('topic', `${topic} is not persistent://tenant/namespace/name`);
  return `/persistent/${parts.map(encodeURIComponent).join('/')}`;
}
