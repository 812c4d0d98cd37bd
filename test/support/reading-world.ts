/** Agents, dispatchers and what takes reports, as they run, around one VPC and lanes that deliver when they are told to. */
import { setTimeout as delay } from 'node:timers/promises';
import { startAgent } from '../../agent/agent.ts';
import type { Agent } from '../../agent/agent.ts';
import { stateOnlyDataPlane } from '../../agent/data-plane.ts';
import { memoryJournal } from '../../agent/journal/memory-journal.ts';
import type { JournalFactory } from '../../agent/journal/journal.ts';
import type { After } from '../../agent/ports.ts';
import { systemClock } from '../../core/clock.ts';
import { decodeReport } from '../../core/codec/report.ts';
import type { Work } from '../../core/codec/work.ts';
import { silentLogger } from '../../core/logger.ts';
import { keys, scopes } from '../../core/model/keys.ts';
import { compileView } from '../../core/model/view.ts';
import type { Entry } from '../../core/model/view.ts';
import type { RecordKey, Scope } from '../../core/store/port.ts';
import { readSnapshot } from '../../core/store/snapshot.ts';
import type { InfraOptions } from '../../infra-node/deps.ts';
import { dispatchScope } from '../../infra-node/dispatch.ts';
import type { Node } from '../../infra-node/node.ts';
import { compareViews } from '../../local/compare.ts';
import { Later } from '../../server/reports/later.ts';
import { takeReport } from '../../server/reports/take-report.ts';
import type { TakeDeps } from '../../server/reports/take-deps.ts';
import { VpcFixture, hostLane, topics, vpcId, vpcScope } from '../unit/infra-node/vpc-fixture.ts';
import { HeldLanes } from './held-lanes.ts';

const SETTLE_MS = 20_000;
/** What agents wait seconds for is over sooner here. */
const LONGEST_MS = 5;

interface Host {
  readonly id: string;
  readonly slot: number;
  readonly journal: JournalFactory;
  agent: Agent | undefined;
  /** The highest revision that was durable, also before it left and came again. */
  reached: number;
}

export class ReadingWorld {
  readonly fixture = new VpcFixture();
  readonly lanes = new HeldLanes(this.fixture.east, topics.hosts);
  readonly hosts = new Map<string, Host>();
  /** What came back, though the host had seen it deleted. */
  readonly resurrected: string[] = [];
  /** Reports that are lost, the next ones of any host. */
  lostReports = 0;
  readonly #options: Partial<InfraOptions>;
  readonly #nodes: Node[];
  readonly #deletions = new Map<RecordKey, number[]>();
  readonly #take: TakeDeps;
  #worksSeen = 0;
  #works: Work[] = [];
  #crashIn: number | undefined;

  constructor(options: Partial<InfraOptions>) {
    this.#options = options;
    this.#nodes = [this.#newNode(), this.#newNode()];
    const { store, east } = this.fixture;
    const deps = {
      ...{ store, topics, workPartitions: 1, statusPartitions: 1, clock: systemClock, logger: silentLogger },
      clusters: new Map([
        ['east', { name: 'east', bus: east.bus, admin: east.admin, serviceUrl: 'held://east' }],
      ]),
      limits: { hostsPerPartition: 100, maxPartitions: 1 },
      // The test dispatches when it likes.
      wake: () => undefined,
    };
    this.#take = { deps, later: new Later(silentLogger), counts: { rollbacks: 0 } };
  }

  async prepare(ids: readonly string[]): Promise<void> {
    await this.fixture.createVpc();
    for (const [i, id] of ids.entries()) {
      await this.fixture.register(id, 100 + i);
      this.hosts.set(id, { id, slot: 100 + i, journal: memoryJournal(), agent: undefined, reached: 0 });
      await this.start(id);
    }
  }

  async start(id: string): Promise<void> {
    const host = this.#host(id);
    if (host.agent !== undefined) return;
    const lane = { cluster: 'east', topic: hostLane.topic, partition: 0, slot: host.slot, epoch: 1 };
    const bus = this.lanes.busOf(id, async (payload) => {
      if (this.lostReports > 0) this.lostReports--;
      else await takeReport(this.#take, decodeReport(payload));
    });
    host.agent = await startAgent(
      {
        control: {
          registerHost: () =>
            Promise.resolve({
              ...{ lane, clusters: [{ name: 'east', serviceUrl: 'held://east' }], publicLanes: [] },
              ...{ statusTopic: topics.status, statusPartitions: 1 },
            }),
        },
        openCluster: () => bus,
        openJournal: host.journal,
        dataPlane: stateOnlyDataPlane,
        clock: systemClock,
        logger: silentLogger,
        after: sooner,
      },
      {
        host: {
          ...{ id, name: id, vtepIp: '192.0.2.1', macAddress: '', zone: '', labels: {} },
          ...{ serves: [], agentVersion: 'test' },
        },
        ...{
          reportWindowMs: 1,
          reportCoalesceMs: 1,
          heartbeatMs: 20,
          snapshotGraceMs: 20,
          confirmGraceMs: 40,
        },
        ...{ repeat: { baseMs: 10, maxMs: 40 }, retry: { baseMs: 1, maxMs: 4 } },
        events: {
          onApplied: (scope, revision, changed) => {
            this.#applied(host, scope, revision, changed);
          },
        },
      },
    );
  }

  async stop(id: string): Promise<void> {
    const host = this.#host(id);
    await host.agent?.close();
    host.agent = undefined;
  }

  /** A write, and what it has deleted. */
  async write(act: () => Promise<unknown>): Promise<void> {
    await act();
    const { changes } = await this.fixture.store.changes(vpcScope, 0, 100_000);
    for (const { key, revision, body } of changes) {
      if (body !== undefined) continue;
      const known = this.#deletions.get(key) ?? [];
      this.#deletions.set(key, known);
      if (!known.includes(revision)) known.push(revision);
    }
  }

  /** By one of two nodes, which dies after so many steps, or does not. */
  async dispatch(node: number, crashIn?: number): Promise<void> {
    const works = this.fixture.east.works(topics.work);
    this.#works.push(...works.slice(this.#worksSeen));
    this.#worksSeen = works.length;
    const taken = this.#works.splice(0);
    this.#crashIn = crashIn;
    try {
      for (const scope of [vpcScope, ...[...this.hosts.keys()].map((id) => scopes.host(id))]) {
        const mine = taken.filter((work) => work.scope === scope);
        const demand = {
          resyncs: new Map(mine.flatMap((each) => (each.kind === 'resync' ? [[each.host, each.epoch]] : []))),
          tails: new Map(mine.flatMap((each) => (each.kind === 'tail' ? [[each.host, each]] : []))),
          resume: true,
        };
        await dispatchScope(this.#nodes[node]!, scope, demand);
      }
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'crash') throw error;
      this.#works.unshift(...taken);
      this.#nodes[node] = this.#newNode(this.#nodes[node]);
    } finally {
      this.#crashIn = undefined;
    }
  }

  /** No more faults: all that is under way arrives, and whoever asks is answered, until nothing differs. */
  async settle(): Promise<void> {
    this.lostReports = 0;
    const endMs = performance.now() + SETTLE_MS;
    for (;;) {
      for (const id of this.hosts.keys()) await this.start(id);
      for (const id of this.hosts.keys()) {
        for (const kind of ['own', 'slot', 'reader'] as const) this.lanes.deliver(id, kind, 1_000);
      }
      await this.dispatch(0);
      await delay(1);
      const found = await this.differences();
      if (found.length === 0) return;
      if (performance.now() > endMs) throw new Error(`never settled:\n  ${found.join('\n  ')}`);
    }
  }

  /** From the compiled view, and from what the lane's record says of who reads. */
  async differences(): Promise<string[]> {
    const { records } = await readSnapshot(this.fixture.store, vpcScope);
    const found: string[] = [];
    for (const { id, agent } of this.hosts.values()) {
      const view = agent?.view(vpcId);
      const isMember = records.has(keys.member(id));
      const said = agent?.scopes().find(({ scope }) => scope === vpcScope);
      if (!isMember && view !== undefined) found.push(`${id} still holds the VPC`);
      if (!isMember) continue;
      found.push(...compareViews(id, compileView(records.values(), id), view ?? new Map<RecordKey, Entry>()));
      if (said?.needsSnapshot !== false) found.push(`${id} needs a snapshot`);
      if (said?.tail !== undefined) found.push(`${id} was not answered`);
      if (said?.reading !== records.get(keys.fanOutLane)?.revision) found.push(`${id} reads another lane`);
    }
    return found;
  }

  /** Of both nodes and their predecessors. */
  sum(counter: 'fanOuts' | 'tails' | 'promoted' | 'demoted' | 'copies'): number {
    return this.#nodes.reduce((total, { stats }) => total + stats[counter], 0);
  }

  async close(): Promise<void> {
    await Promise.all([...this.hosts.keys()].map((id) => this.stop(id)));
    await this.#take.later.drain();
  }

  #applied(host: Host, scope: Scope, revision: number, changed: readonly Entry[]): void {
    if (scope !== vpcScope) return;
    for (const { key, revision: at, body } of changed) {
      const deletions = body === undefined ? [] : (this.#deletions.get(key) ?? []);
      const deletion = deletions.find((each) => at < each && each <= host.reached);
      if (deletion === undefined) continue;
      this.resurrected.push(`${host.id}: ${key}@${at}, deleted at ${deletion}, was at ${host.reached}`);
    }
    host.reached = Math.max(host.reached, revision);
  }

  #newNode(before?: Node): Node {
    const node = this.fixture.node(this.#options, {
      step: () => {
        if (this.#crashIn === undefined || this.#crashIn-- > 0) return Promise.resolve();
        return Promise.reject(new Error('crash'));
      },
    });
    if (before !== undefined) Object.assign(node.stats, before.stats);
    return node;
  }

  #host(id: string): Host {
    const host = this.hosts.get(id);
    if (host === undefined) throw new Error(`no host ${id}`);
    return host;
  }
}

const sooner: After = (ms, call) => {
  const timer = setTimeout(call, Math.min(ms, LONGEST_MS));
  return () => {
    clearTimeout(timer);
  };
};
