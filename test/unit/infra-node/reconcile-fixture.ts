/** Hosts of a VPC on the recording cluster that say what they hold, and a node that compares it. */
import { encodeReportBody } from '../../../core/codec/report-body.ts';
import type { Work } from '../../../core/codec/work.ts';
import { digestOf } from '../../../core/model/digest.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Entry } from '../../../core/model/view.ts';
import type { RecordKey, Scope } from '../../../core/store/port.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Node } from '../../../infra-node/node.ts';
import { Reconciler } from '../../../infra-node/passes/reconciler.ts';
import type { Finding } from '../../../infra-node/passes/suspicions.ts';
import { ReportingHosts } from './reporting-hosts.ts';
import { nothing, topics, vpcScope } from './vpc-fixture.ts';

export class ReconcileFixture {
  readonly all = new ReportingHosts();
  readonly node: Node;
  reconciler: Reconciler;

  constructor() {
    this.node = this.all.fixture.node();
    this.reconciler = new Reconciler(this.node);
  }

  get nowMs(): number {
    return this.all.fixture.nowMs;
  }

  set nowMs(ms: number) {
    this.all.fixture.nowMs = ms;
  }

  async open(ids: readonly string[]): Promise<void> {
    await this.all.join(this.node, ids);
    await this.node.store.hear(ids, 0);
    for (const id of ids) await this.say(id);
    this.works();
  }

  /** A change that all hosts receive. */
  async change(id = 'shared'): Promise<void> {
    await this.all.change(id);
    await dispatchScope(this.node, vpcScope, nothing);
  }

  /** The host takes what has come, and says how far it is with what. */
  async say(id: string): Promise<void> {
    const host = this.all.hosts.get(id);
    host?.receive();
    for (const [scope, { epoch, incarnation, revision, entries }] of host?.replicas ?? []) {
      const body = encodeReportBody({ failures: [], digest: digestOf(entries.values()) });
      await this.node.store.putReport(scope, { reporter: id, epoch, incarnation, revision, body });
    }
  }

  /** What the host holds, for the test to spoil. */
  entries(id: string, scope: Scope = vpcScope): Map<RecordKey, Entry> {
    return this.all.hosts.get(id)?.replicas.get(scope)?.entries as Map<RecordKey, Entry>;
  }

  /** All that is on its way to the host is lost. */
  async lose(id: string): Promise<number> {
    const record = await this.node.store.read(scopes.host(id), [keys.host(id)]);
    const { partition, slot } = (
      JSON.parse(record[0]?.body ?? '') as { member: { partition: number; slot: number } }
    ).member;
    const lane = this.all.fixture.east.slot({ topic: this.all.fixture.hostLane.topic, partition, slot });
    return lane.splice(0).length + (await this.all.waiting(id)).splice(0).length;
  }

  /** One pass over everything, a minute after the one before. */
  async pass(): Promise<Finding[]> {
    const found: Finding[] = [];
    for (const scope of [vpcScope, ...[...this.all.hosts.keys()].map(scopes.host)]) {
      found.push(...(await this.reconciler.look(scope)));
    }
    this.reconciler.passed();
    this.nowMs += 60_000;
    return found;
  }

  /** Takes the work that was put on the topic. */
  works(): Work[] {
    const works = this.all.fixture.east.works(topics.work);
    this.all.fixture.east.keyed.splice(0);
    return works;
  }

  /** Does that work as a node does. */
  async work(): Promise<void> {
    for (const work of this.works()) {
      const resyncs = new Map(work.kind === 'resync' ? [[work.host, work.epoch]] : []);
      await dispatchScope(this.node, work.scope, {
        resyncs,
        tails: new Map(),
        resume: work.kind === 'resume',
      });
    }
  }
}
