import { MemoryCluster } from '../../../adapters/memory/bus-cluster.ts';
import { startAgent } from '../../../agent/agent.ts';
import type { Agent } from '../../../agent/agent.ts';
import { stateOnlyDataPlane } from '../../../agent/data-plane.ts';
import { memoryJournal } from '../../../agent/journal/memory-journal.ts';
import type { MemoryDisk } from '../../../agent/journal/memory-journal.ts';
import type { AgentDeps, AgentOptions, HostIdentity } from '../../../agent/ports.ts';
import type { HostLane, Registration } from '../../../agent/registration.ts';
import { encodeEntry } from '../../../core/codec/entries.ts';
import { encodeHeader, packPayloads } from '../../../core/codec/envelope.ts';
import type { Header } from '../../../core/codec/envelope.ts';
import { timed } from '../../../core/codec/properties.ts';
import { decodeReport } from '../../../core/codec/report.ts';
import type { HostReport, LeftReport, ScopeReport } from '../../../core/codec/report.ts';
import { silentLogger } from '../../../core/logger.ts';
import type { SlotAddress } from '../../../core/messaging/port.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Assignment } from '../../../core/model/resources.ts';
import type { Entry } from '../../../core/model/view.ts';
import { subscriptions, topicNames } from '../../../core/placement/topics.ts';
import type { RecordKey, Scope } from '../../../core/store/port.ts';

export const topics = topicNames('test');
export const me = 'host-1';
export const other = 'host-2';
export const hostLane: HostLane = { cluster: 'one', topic: topics.hosts, partition: 0, slot: 7, epoch: 1 };
export const registration: Registration = {
  lane: hostLane,
  clusters: [{ name: 'one', serviceUrl: 'memory://one' }],
  statusTopic: topics.status,
  statusPartitions: 1,
  publicLanes: [],
};
const identity: HostIdentity = {
  id: me,
  name: '',
  vtepIp: '192.0.2.1',
  macAddress: '',
  zone: '',
  labels: {},
  serves: [],
  agentVersion: 'test',
};

export async function eventually(
  isTrue: () => boolean | Promise<boolean>,
  what = 'condition',
): Promise<void> {
  const endMs = Date.now() + 5_000;
  while (!(await isTrue())) {
    if (Date.now() > endMs) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export function port(id: string, revision: number, note = ''): Entry {
  return { key: keys.port(id), revision, body: JSON.stringify({ id, note }) };
}

export function removed(key: RecordKey, revision: number): Entry {
  return { key, revision, body: undefined };
}

export function assignmentOf(
  vpcId: string,
  epoch: number,
  state: Assignment['state'] = 'member',
): Assignment {
  const lane = { cluster: 'one', topic: topics.vpc(vpcId), partitions: 1 };
  return { vpcId, hostId: me, partition: 0, slot: 100 + epoch, epoch, lane, state };
}

export function recordOf(assignment: Assignment, revision: number): Entry {
  const key = keys.assignment(assignment.vpcId, assignment.epoch);
  return { key, revision, body: JSON.stringify(assignment) };
}

/** A cluster, a control service of one answer, and everything that the agent has reported. */
export class World {
  readonly cluster = new MemoryCluster();
  readonly reports: HostReport[] = [];
  readonly disk: MemoryDisk = { effects: [] };
  readonly agents: Agent[] = [];
  #turns = 1;

  static async create(vpcs: readonly string[] = ['a', 'b']): Promise<World> {
    const world = new World();
    const { admin, bus } = world.cluster;
    await admin.ensureTopic(topics.hosts, 1, [subscriptions.hosts]);
    await admin.ensureTopic(topics.status, 1, [subscriptions.control]);
    for (const vpc of vpcs) await admin.ensureTopic(topics.vpc(vpc), 1, [subscriptions.hosts]);
    await bus.subscribeGroup({
      topic: topics.status,
      partitions: 1,
      subscription: subscriptions.control,
      consumerName: 'control',
      order: 'by-key',
      handler: async (message) => {
        world.reports.push(decodeReport(message.payload));
        await message.ack();
      },
    });
    return world;
  }

  /** An agent of its own client, as after a restart. */
  async agent(deps: Partial<AgentDeps> = {}, options: Partial<AgentOptions> = {}): Promise<Agent> {
    const { bus } = this.cluster.openClient();
    const agent = await startAgent(
      {
        control: { registerHost: () => Promise.resolve(registration) },
        openCluster: () => bus,
        openJournal: memoryJournal(this.disk),
        dataPlane: stateOnlyDataPlane,
        clock: Date.now,
        logger: silentLogger,
        ...deps,
      },
      {
        host: identity,
        reportWindowMs: 2,
        reportCoalesceMs: 2,
        snapshotGraceMs: 20,
        confirmGraceMs: 20,
        repeat: { baseMs: 20, maxMs: 100 },
        retry: { baseMs: 2, maxMs: 20 },
        ...options,
      },
    );
    this.agents.push(agent);
    return agent;
  }

  async close(): Promise<void> {
    await Promise.all(this.agents.map((agent) => agent.close()));
    await this.cluster.close();
  }

  async send(
    address: SlotAddress,
    headers: Header | readonly Header[],
    payloads: readonly Buffer[],
  ): Promise<void> {
    for (const [i, payload] of payloads.entries()) {
      const header = Array.isArray(headers) ? (headers as readonly Header[])[i] : (headers as Header);
      await this.cluster.bus.sendToSlot(address, { properties: encodeHeader(header!), payload });
    }
  }

  async changes(
    address: SlotAddress,
    scope: Scope,
    range: readonly [number, number],
    entries: readonly Entry[],
    stamp: {
      epoch?: number;
      host?: string;
      ask?: boolean;
      tail?: number;
      turn?: number;
      maxBytes?: number;
      sinceMs?: number;
    } = {},
  ): Promise<void> {
    const [from, to] = range;
    const { ask = false, turn = 1, tail, maxBytes, sinceMs } = stamp;
    const asked = { ask, ...(tail === undefined ? {} : { tail }), ...timed(sinceMs) };
    const payloads = packPayloads(entries.map(encodeEntry), undefined, maxBytes);
    const parts = payloads.length;
    const headers = payloads.map(
      (_, part) =>
        ({ kind: 'changes', scope, ...stampOf(stamp), from, to, ...asked, turn, part, parts }) as const,
    );
    await this.send(address, headers, payloads);
  }

  async snapshot(
    address: SlotAddress,
    scope: Scope,
    to: number,
    entries: readonly Entry[],
    stamp: {
      epoch?: number;
      host?: string;
      assignment?: Assignment;
      maxBytes?: number;
      sinceMs?: number;
    } = {},
  ): Promise<void> {
    const payloads = packPayloads(entries.map(encodeEntry), stamp.assignment, stamp.maxBytes);
    const parts = payloads.length;
    const turn = ++this.#turns;
    const time = timed(stamp.sinceMs);
    const headers = payloads.map(
      (_, part) => ({ kind: 'snapshot', scope, ...stampOf(stamp), ...time, to, turn, part, parts }) as const,
    );
    await this.send(address, headers, payloads);
  }

  async fence(assignment: Assignment, moved = false): Promise<void> {
    const scope = scopes.vpc(assignment.vpcId);
    const header = { kind: 'fence', scope, ...stampOf({ epoch: assignment.epoch }), moved } as const;
    await this.send(slotOfAssignment(assignment), header, [Buffer.alloc(0)]);
  }

  /** The join of a VPC as the infrastructure sends it. */
  async join(
    assignment: Assignment,
    to: number,
    entries: readonly Entry[],
    maxBytes?: number,
    sinceMs?: number,
  ): Promise<void> {
    const { vpcId, epoch } = assignment;
    const cut = maxBytes === undefined ? {} : { maxBytes };
    const stamp = { epoch, assignment, ...cut, ...timed(sinceMs) };
    await this.snapshot(hostLane, scopes.vpc(vpcId), to, entries, stamp);
  }

  /** The host's own scope, complete. */
  async host(to: number, assignments: readonly Assignment[]): Promise<void> {
    await this.snapshot(
      hostLane,
      scopes.host(me),
      to,
      assignments.map((each) => recordOf(each, to)),
    );
  }

  scopeReports(scope: Scope): ScopeReport[] {
    return this.reports.flatMap((report) => report.scopes.filter((each) => each.scope === scope));
  }

  lefts(scope: Scope): LeftReport[] {
    return this.reports.flatMap((report) => report.left.filter((each) => each.scope === scope));
  }

  async backlog(topic: string): Promise<number> {
    return (await this.cluster.admin.topicStats(topic))?.subscriptions[subscriptions.hosts]?.backlog ?? 0;
  }
}

export function slotOfAssignment({ lane, partition, slot }: Assignment): SlotAddress {
  return { topic: lane.topic, partition, slot };
}

function stampOf({ epoch = 1, host = me }: { epoch?: number; host?: string }) {
  return { host, epoch, incarnation: 1 };
}

/** Key -> revision. */
export function revisions(
  view: ReadonlyMap<RecordKey, Entry> | undefined,
): Record<string, number> | undefined {
  return view && Object.fromEntries([...view.values()].map((entry) => [entry.key, entry.revision]));
}
