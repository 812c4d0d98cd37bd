import { expect } from 'chai';
import { encodeReport } from '../../../core/codec/report.ts';
import type { HostReport, ScopeReport } from '../../../core/codec/report.ts';
import { decodeWork } from '../../../core/codec/work.ts';
import type { Work } from '../../../core/codec/work.ts';
import type { Properties } from '../../../core/messaging/port.ts';
import { scopes } from '../../../core/model/keys.ts';
import { subscriptions } from '../../../core/placement/topics.ts';
import type { Report, Scope } from '../../../core/store/port.ts';
import { eventually } from '../../support/eventually.ts';
import type { ControlPlane } from './control-plane.ts';
import { revisionOf } from './port-fixture.ts';

const vpc = scopes.vpc('v1');

/** Reports as they come on the status topic of the home cluster, and what becomes of them. */
export class ReportBox {
  readonly #plane: ControlPlane;

  constructor(plane: ControlPlane) {
    this.#plane = plane;
  }

  publish(key: string, payload: Buffer, properties: Properties = {}): Promise<void> {
    const { topics, statusPartitions } = this.#plane.deps;
    return this.#home.bus.sendByKey(topics.status, statusPartitions, key, { properties, payload });
  }

  send(host: string, parts: Partial<HostReport> = {}): Promise<void> {
    return this.publish(host, encodeReport({ host, sentAtMs: 1, scopes: [], left: [], ...parts }));
  }

  /** Of the VPC, at its present revision. */
  async says(changes: Partial<ScopeReport> = {}): Promise<ScopeReport> {
    return {
      scope: vpc,
      epoch: 1,
      incarnation: 1,
      revision: await revisionOf(this.#plane),
      failures: [],
      needsSnapshot: false,
      ...changes,
    };
  }

  async kept(host: string, of: Scope = vpc): Promise<Report | undefined> {
    return (await this.#plane.store.reports(of, [host]))[0];
  }

  /** All that was sent is handled and acknowledged. */
  settled(): Promise<void> {
    return this.#untilTaken(this.#plane.deps.topics.status, subscriptions.control);
  }

  /** What was asked of the infrastructure nodes and not taken yet. */
  async works(): Promise<Work[]> {
    const { topics, workPartitions } = this.#plane.deps;
    const found: Work[] = [];
    const subscription = await this.#home.bus.subscribeGroup({
      topic: topics.work,
      partitions: workPartitions,
      subscription: subscriptions.infra,
      consumerName: 'test',
      order: 'by-key',
      handler: async (message) => {
        found.push(decodeWork(message.properties));
        await message.ack();
      },
    });
    await this.#untilTaken(topics.work, subscriptions.infra);
    await subscription.close();
    return found;
  }

  get #home() {
    const [home] = this.#plane.clusters;
    if (home === undefined) throw new Error('no cluster');
    return home;
  }

  #untilTaken(topic: string, subscription: string): Promise<void> {
    return eventually(async () => {
      const stats = await this.#home.admin.topicStats(topic);
      expect(stats?.subscriptions[subscription]?.backlog).to.equal(0);
    });
  }
}
