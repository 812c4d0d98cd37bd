import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { subscriptions } from '../../core/placement/topics.ts';
import { forEachOf } from '../../local/pool.ts';
import { startPulsar } from '../../scripts/services/pulsar.ts';
import type { PulsarService } from '../../scripts/services/pulsar.ts';
import { defer } from '../deferred.ts';
import type { Surroundings } from '../experiment.ts';
import { commit, describeMachine } from '../machine.ts';
import type { Machine } from '../machine.ts';
import { secondsOf } from '../processor-time.ts';
import { ensureAddon } from '../services.ts';
import { inOrder, percentile, rounded } from '../statistics.ts';
import type { TopicsOptions } from './options.ts';

export interface TopicsPoint {
  /** In all namespaces together. */
  readonly topics: number;
  /** Since the point before, by the admin API, each with the hosts' subscription. */
  readonly made_per_s: number;
  /** Processor time of the broker for each. */
  readonly made_us: number;
  /** Until the admin API has listed the namespace, and how long the answer is. */
  readonly list_ms: number;
  readonly list_kb: number;
  /** From the first call of the client until a host on its slot has a first message, in topics that were not used before. */
  readonly use_ms_p50: number;
  readonly use_ms_p99: number;
  readonly broker_rss_mb: number;
}

export interface TopicsLayout {
  readonly namespaces: number;
  readonly points: readonly TopicsPoint[];
  /** With all topics of the last point: from the end of the broker until it serves, then as `use_ms`. */
  readonly restart: {
    readonly serves_s: number;
    readonly use_ms_p50: number;
    readonly use_ms_p99: number;
    readonly broker_rss_mb: number;
  };
}

export interface TopicsFigures {
  readonly experiment: 'topics';
  readonly layouts: readonly TopicsLayout[];
  readonly machine: Machine;
  readonly commit: string;
  readonly date: string;
}

const TENANT = 'topics';
const AT_ONCE = 50;
/** Topics that are used at each point, one after the other. */
const USED = 40;

export async function runTopics(options: TopicsOptions, surroundings: Surroundings): Promise<TopicsFigures> {
  ensureAddon();
  const layouts: TopicsLayout[] = [];
  let machine: Machine | undefined;
  for (const namespaces of options.namespaces) {
    const layout = await Layout.open(namespaces, surroundings);
    machine ??= await describeMachine({ ...layout.urls, redisUrl: 'redis://none' });
    layouts.push(await layout.measure(options.totals, surroundings));
    await layout.close();
  }
  return {
    experiment: 'topics',
    layouts,
    machine: machine!,
    commit: await commit(),
    date: new Date().toISOString(),
  };
}

/** A broker of its own, with the topics spread evenly over so many namespaces. */
class Layout {
  readonly #namespaces: number;
  readonly #broker: PulsarService;
  #cluster: PulsarCluster | undefined;
  #made = 0;
  #used = 0;

  private constructor(namespaces: number, broker: PulsarService) {
    this.#namespaces = namespaces;
    this.#broker = broker;
  }

  static async open(namespaces: number, { dir, cleanup, once }: Surroundings): Promise<Layout> {
    const broker = await once(`Pulsar for ${namespaces} namespaces`, () =>
      startPulsar({ dir: join(dir, `pulsar-${namespaces}`), report: () => undefined }),
    );
    const layout = cleanup.add(new Layout(namespaces, broker), (opened) => opened.close());
    await layout.#connect();
    return layout;
  }

  get urls(): { readonly pulsarUrl: string; readonly pulsarAdminUrl: string } {
    return { pulsarUrl: this.#broker.url, pulsarAdminUrl: this.#broker.adminUrl };
  }

  async measure(totals: readonly number[], { phase, once }: Surroundings): Promise<TopicsLayout> {
    const points: TopicsPoint[] = [];
    for (const total of totals) {
      const made = await phase(`${total} topics`, total - this.#made, (step) => this.#makeUpTo(total, step));
      const list = await this.#list();
      points.push({ topics: total, ...made, ...list, ...(await this.#use()), ...this.#memory() });
    }
    const serves_s = await once('restart', () => this.#restart());
    return {
      namespaces: this.#namespaces,
      points,
      restart: { serves_s, ...(await this.#use()), ...this.#memory() },
    };
  }

  async close(): Promise<void> {
    await this.#cluster?.close();
    this.#cluster = undefined;
    await this.#broker.kill('SIGKILL');
  }

  async #connect(): Promise<void> {
    const { url: serviceUrl, adminUrl } = this.#broker;
    this.#cluster = await openPulsarCluster({
      ...{ name: 'main', serviceUrl, adminUrl, tenant: TENANT },
      namespaces: Array.from({ length: this.#namespaces }, (_, n) => ({ name: `n${n}` })),
    });
    await this.#cluster.admin.prepare();
  }

  async #makeUpTo(total: number, step: () => void): Promise<Pick<TopicsPoint, 'made_per_s' | 'made_us'>> {
    const first = this.#made;
    const count = total - first;
    const [beganMs, before] = [performance.now(), secondsOf(this.#broker.pid)];
    await forEachOf(count, AT_ONCE, async (n) => {
      await this.#opened.admin.ensureTopic(this.#topic(first + n), 1, [subscriptions.hosts]);
      step();
    });
    this.#made = total;
    const seconds = (performance.now() - beganMs) / 1_000;
    return {
      made_per_s: rounded(count / seconds, 1),
      made_us: rounded(((secondsOf(this.#broker.pid) - before) * 1e6) / count, 0),
    };
  }

  async #list(): Promise<Pick<TopicsPoint, 'list_ms' | 'list_kb'>> {
    const beganMs = performance.now();
    const response = await fetch(`${this.#broker.adminUrl}/admin/v2/persistent/${TENANT}/n0`);
    if (!response.ok) throw new Error(`the list of topics: ${response.status}`);
    const { length } = await response.text();
    return { list_ms: rounded(performance.now() - beganMs, 1), list_kb: rounded(length / 1_000, 1) };
  }

  async #use(): Promise<{ readonly use_ms_p50: number; readonly use_ms_p99: number }> {
    const times: number[] = [];
    for (let n = 0; n < USED; n++) times.push(await this.#useOne(this.#used++));
    const sorted = inOrder(times);
    return {
      use_ms_p50: rounded(percentile(sorted, 0.5), 1),
      use_ms_p99: rounded(percentile(sorted, 0.99), 1),
    };
  }

  async #useOne(n: number): Promise<number> {
    const { bus } = this.#opened;
    const address = { topic: this.#topic(n), partition: 0, slot: 1 };
    const arrived = defer<undefined>();
    const beganMs = performance.now();
    const subscription = await bus.subscribeSlot({
      address,
      subscription: subscriptions.hosts,
      consumerName: 'host',
      handler: async (message) => {
        arrived.resolve(undefined);
        await message.ack();
      },
    });
    await bus.sendToSlot(address, { properties: {}, payload: Buffer.from('first') });
    await arrived.promise;
    const tookMs = performance.now() - beganMs;
    await subscription.close();
    return tookMs;
  }

  /** Seconds until it passes its own health check. */
  async #restart(): Promise<number> {
    await this.#cluster?.close();
    this.#cluster = undefined;
    const beganMs = performance.now();
    await this.#broker.restart();
    const seconds = (performance.now() - beganMs) / 1_000;
    await this.#connect();
    return rounded(seconds, 1);
  }

  #memory(): { readonly broker_rss_mb: number } {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#broker.pid}/status`, 'utf8'))?.[1];
    return { broker_rss_mb: rounded(Number(kilobytes) / 1_000, 0) };
  }

  #topic(n: number): string {
    return `persistent://${TENANT}/n${n % this.#namespaces}/vpc-${n}`;
  }

  get #opened(): PulsarCluster {
    if (this.#cluster === undefined) throw new Error('the broker is away');
    return this.#cluster;
  }
}
