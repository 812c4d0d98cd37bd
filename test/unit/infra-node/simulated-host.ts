import { decodeBody, decodeHeader } from '../../../core/codec/envelope.ts';
import type { SnapshotHeader } from '../../../core/codec/envelope.ts';
import { decodeFanOutBody, decodeFanOutHeader } from '../../../core/codec/fan-out.ts';
import type { OutgoingMessage, SlotAddress } from '../../../core/messaging/port.ts';
import type { Assignment, Host } from '../../../core/model/resources.ts';
import { emptyReplica, planChanges, planSnapshot, take } from '../../../core/model/replica.ts';
import type { Planned, Replica } from '../../../core/model/replica.ts';
import type { Entry } from '../../../core/model/view.ts';
import type { Scope } from '../../../core/store/port.ts';
import type { RecordingCluster } from './recording-cluster.ts';

/** Does what the rules ask of a host, in memory: reads its lanes in order and applies. */
export class SimulatedHost {
  readonly replicas = new Map<Scope, Replica>();
  /** Holes that were found, to be explained by the test; less those in scopes that it asked for. */
  gaps = 0;
  /** Epochs at which it left the VPC, in order. */
  readonly left: Assignment[] = [];
  readonly #host: Host;
  readonly #cluster: RecordingCluster;
  readonly #listening = new Map<string, Assignment>();
  readonly #leftEpoch = new Map<Scope, number>();
  readonly #wanted = new Set<Scope>();
  readonly #parts = new Map<string, { parts: number; entries: Entry[]; next: number }>();

  constructor(host: Host, cluster: RecordingCluster) {
    this.#host = host;
    this.#cluster = cluster;
    const own: Scope = `host/${host.id}`;
    this.replicas.set(own, { ...emptyReplica(own, host.member.epoch), incarnation: 1 });
  }

  /** Reads what has arrived: the host lane first, since it says where else to listen. At most so many of each slot. */
  receive(limit = Infinity): void {
    const { lane, member } = this.#host;
    this.#drain({ topic: lane.topic, partition: member.partition, slot: member.slot }, limit);
    for (const assignment of [...this.#listening.values()]) {
      const { partition, slot } = assignment;
      this.#drain({ topic: assignment.lane.topic, partition, slot }, limit, assignment);
    }
  }

  /** What its own scope says that it takes part in, and it does not hold: from now on it listens there and asks. */
  want(): { scope: Scope; epoch: number }[] {
    const own = this.replicas.get(`host/${this.#host.id}`)?.entries.values() ?? [];
    return [...own].flatMap(({ body }) => {
      const assignment = JSON.parse(body ?? 'null') as Assignment | null;
      if (assignment?.state !== 'member') return [];
      const { vpcId, epoch } = assignment;
      const scope: Scope = `vpc/${vpcId}`;
      if ((this.replicas.get(scope)?.epoch ?? 0) >= epoch || this.#isLeft(scope, epoch)) return [];
      this.#wanted.add(scope);
      this.#listen(assignment);
      return [{ scope, epoch }];
    });
  }

  /** What it reads along with others. */
  read({ properties, payload }: OutgoingMessage): void {
    const { id: host } = this.#host;
    const header = decodeFanOutHeader(properties);
    const replica = this.replicas.get(header.scope);
    if (replica === undefined) return;
    const { epoch } = replica;
    const entries = decodeFanOutBody(payload, host);
    this.#take(
      replica,
      planChanges(replica, { kind: 'changes', ...header, host, epoch, ask: false }, entries),
    );
  }

  #drain(address: SlotAddress, limit: number, assignment?: Assignment): void {
    for (const message of this.#cluster.slot(address).splice(0, limit)) this.#handle(message, assignment);
  }

  #handle({ properties, payload }: OutgoingMessage, assignment: Assignment | undefined): void {
    const header = decodeHeader(properties);
    if (header.host !== this.#host.id) return;
    const replica = this.replicas.get(header.scope);
    switch (header.kind) {
      case 'fence':
        if (assignment?.epoch === header.epoch) this.#leave(header.scope, assignment);
        return;
      case 'changes': {
        const { entries } = decodeBody(payload);
        // What an overtaken turn still sends behind the fence concerns nobody any more.
        if (this.#isLeft(header.scope, header.epoch)) return;
        if (replica === undefined) this.#miss(header.scope);
        else this.#take(replica, planChanges(replica, header, entries));
        if (header.scope.startsWith('host/')) this.#follow(entries);
        return;
      }
      case 'snapshot':
        this.#snapshot(header, payload, assignment);
    }
  }

  #snapshot(header: SnapshotHeader, payload: Buffer, lane: Assignment | undefined): void {
    if (this.#isLeft(header.scope, header.epoch)) return;
    const name = `${lane === undefined ? 'host' : lane.epoch} ${header.scope}`;
    const body = decodeBody(payload);
    const open = header.part === 0 ? { parts: header.parts, entries: [], next: 0 } : this.#parts.get(name);
    // A part of another sender's snapshot; that sender's own parts come too.
    if (open?.next !== header.part || open.parts !== header.parts) return;
    open.entries.push(...body.entries);
    open.next++;
    this.#parts.set(name, open);
    if (body.assignment !== undefined) this.#listen(body.assignment);
    if (open.next < header.parts) return;
    this.#parts.delete(name);
    const replica = this.replicas.get(header.scope) ?? emptyReplica(header.scope, header.epoch);
    this.replicas.set(header.scope, replica);
    this.#take(replica, planSnapshot(replica, { ...header, revision: header.to, entries: open.entries }));
    this.#wanted.delete(header.scope);
    if (header.scope.startsWith('host/')) this.#follow(open.entries);
  }

  #take(replica: Replica, planned: Planned): void {
    if (planned.outcome === 'gap') this.#miss(replica.scope);
    if (planned.outcome === 'applied') this.replicas.set(replica.scope, take(replica, planned));
  }

  #miss(scope: Scope): void {
    if (!this.#wanted.has(scope)) this.gaps++;
  }

  #isLeft(scope: Scope, epoch: number): boolean {
    return epoch <= (this.#leftEpoch.get(scope) ?? 0);
  }

  /** Assignments in the host's own scope: where a fence has to be fetched even if nothing else ever came. */
  #follow(entries: readonly Entry[]): void {
    for (const { body } of entries) {
      const assignment = body === undefined ? undefined : (JSON.parse(body) as Assignment);
      if (assignment?.state === 'leaving') this.#listen(assignment);
    }
  }

  #listen(assignment: Assignment): void {
    const scope: Scope = `vpc/${assignment.vpcId}`;
    if (this.left.some(({ vpcId, epoch }) => vpcId === assignment.vpcId && epoch === assignment.epoch))
      return;
    this.#listening.set(`${scope} ${assignment.epoch}`, assignment);
  }

  #leave(scope: Scope, assignment: Assignment): void {
    this.#listening.delete(`${scope} ${assignment.epoch}`);
    this.#leftEpoch.set(scope, Math.max(assignment.epoch, this.#leftEpoch.get(scope) ?? 0));
    this.left.push(assignment);
    const replica = this.replicas.get(scope);
    if (replica !== undefined && replica.epoch <= assignment.epoch) this.replicas.delete(scope);
  }
}
