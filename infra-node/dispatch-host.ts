import { encodeEntry } from '../core/codec/entries.ts';
import { packPayloads } from '../core/codec/envelope.ts';
import type { Header } from '../core/codec/envelope.ts';
import { timed } from '../core/codec/properties.ts';
import type { Timed } from '../core/codec/properties.ts';
import { splitKey, splitScope } from '../core/model/keys.ts';
import type { Host } from '../core/model/resources.ts';
import type { ChangePage, DispatchTurn, Scope, StoredRecord } from '../core/store/port.ts';
import { readSnapshot } from '../core/store/snapshot.ts';
import { readDelta } from './dispatch-delta.ts';
import type { Payloads } from './encoded-entries.ts';
import type { Node } from './node.ts';
import { readRegistration, sendToHost } from './registered-host.ts';
import type { Demand } from './resyncs.ts';
import { sendParts } from './send.ts';
import { Marks, Window, appliedOf, isHeld } from './window.ts';
import type { Progress } from './window.ts';

/** What a host receives of its own scope, as it is. */
const kinds: ReadonlySet<string> = new Set(['assignment', 'config']);
export const isForHost = (record: StoredRecord): boolean => kinds.has(splitKey(record.key).kind);

/** Messages of its own scope that a host may leave unreported. */
const WINDOW = 4;

/**
 * One node's turn on a host's own scope, which travels on the host lane. A host whose window is full, or that is
 * offline, is held, and gets all that it shall have once it has room again.
 */
export class HostTurn {
  readonly #node: Node;
  readonly #scope: Scope;
  readonly #hostId: string;
  readonly #turn: DispatchTurn;
  readonly #timed: Timed;
  readonly #progress: Progress;
  readonly #marks: Marks;
  readonly #window: Window;
  #dispatched: number;

  private constructor(
    node: Node,
    scope: Scope,
    turn: DispatchTurn,
    { sent, marks, sinceMs }: { sent: number; marks: Marks } & Timed,
  ) {
    this.#node = node;
    this.#scope = scope;
    this.#hostId = splitScope(scope).id;
    this.#turn = turn;
    this.#timed = timed(sinceMs);
    this.#progress = { sent, applied: 0, since: 0 };
    this.#marks = marks;
    this.#window = new Window(node.options.windowBudget === 0 ? Infinity : WINDOW, marks);
    this.#dispatched = turn.dispatched;
  }

  /** False = another node took a turn meanwhile. */
  static async run(node: Node, scope: Scope, { resyncs, sinceMs }: Demand): Promise<boolean> {
    const begun = await node.store.beginDispatch(scope);
    await node.step('begun', scope);
    const [[sent = 0], marks] = await Promise.all([
      node.store.sent(scope, [splitScope(scope).id]),
      node.store.marks(scope),
    ]);
    const turn = new HostTurn(node, scope, begun, { sent, marks: new Marks(marks), ...timed(sinceMs) });
    return resyncs.size > 0 ? turn.#resync() : turn.#run();
  }

  /** A host that asks is alive, whatever its window and its lease say. */
  #resync(): Promise<boolean> {
    this.#node.count('resyncs');
    return this.#sendAll();
  }

  async #run(): Promise<boolean> {
    const { store, options } = this.#node;
    let target = Infinity;
    while (this.#dispatched < target) {
      const page = await store.changes(this.#scope, this.#dispatched, options.changesPage);
      await this.#node.step('changes-read', this.#scope);
      target = Math.min(target, page.head);
      if (page.through <= this.#dispatched) break;
      const hasRegistered = page.changes.some((record) => splitKey(record.key).kind === 'host');
      if (hasRegistered && !(await this.#hasReported())) return this.#sendAll();
      if (!(await this.#dispatchPage(page))) return false;
    }
    return this.#catchUp();
  }

  async #dispatchPage({ changes, through }: ChangePage): Promise<boolean> {
    const records = changes.filter(isForHost);
    if (records.length === 0) return this.#advance(through);
    if (this.#progress.sent < through && !isHeld(this.#progress, this.#marks.newest)) {
      if (await this.#hasRoom(through)) await this.#sendChanges(records, through, this.#timed);
      else this.#node.count('held');
    }
    return this.#advance(through, through);
  }

  /** At its present epoch: a host that has registered as what it was, say as a newer version, goes on from where it is. */
  async #hasReported(): Promise<boolean> {
    await this.#readApplied();
    return this.#progress.applied > 0;
  }

  async #hasRoom(through: number): Promise<boolean> {
    if (this.#node.isOffline(this.#hostId)) return false;
    if (this.#window.wouldBeHalfFull(this.#progress, through)) await this.#readApplied();
    return !this.#window.isFull(this.#progress);
  }

  /** By what the host has reported now: if it reported before it was held, nobody else resumes it. */
  async #catchUp(): Promise<boolean> {
    if (this.#node.isOffline(this.#hostId)) return true;
    if (!isHeld(this.#progress, this.#marks.newest)) return true;
    await this.#readApplied();
    if (this.#window.isHalfFull(this.#progress)) return true;
    this.#node.count('resumed');
    return (await this.#sendMissed()) ? this.#advance(this.#dispatched) : this.#sendAll();
  }

  /**
   * From what the host has reported, not from what it was sent: of that, something may be lost. False = it is too far
   * behind, or has reported nothing yet.
   */
  async #sendMissed(): Promise<boolean> {
    const { applied } = this.#progress;
    if (applied === 0) return false;
    const through = this.#dispatched;
    const delta = await readDelta(this.#node, this.#scope, { after: applied, through }, isForHost);
    if (applied < delta.from) return false;
    this.#progress.sent = applied;
    if (applied < through) await this.#sendChanges(delta.records, through);
    this.#progress.sent = through;
    return true;
  }

  /** The snapshot covers whatever of the log was not dispatched yet. */
  async #sendAll(): Promise<boolean> {
    const { store, options } = this.#node;
    const { revision: to, records } = await readSnapshot(store, this.#scope, options.changesPage);
    await this.#node.step('snapshot-read', this.#scope);
    const held = [...records.values()].filter(isForHost);
    await this.#send(held, (host, part) => ({ kind: 'snapshot', ...this.#stamp(host), to, ...part }));
    this.#node.count('snapshots');
    this.#progress.sent = to;
    return this.#advance(to);
  }

  /** Timed only when it is sent for the first time. */
  async #sendChanges(records: readonly StoredRecord[], to: number, time: Timed = {}): Promise<void> {
    const from = this.#progress.sent;
    const ask = this.#window.wouldBeHalfFull(this.#progress, to);
    await this.#send(records, (host, part) => ({
      kind: 'changes',
      ...this.#stamp(host),
      from,
      to,
      ask,
      ...time,
      ...part,
    }));
    this.#node.count('copies');
    if (ask) this.#node.count('asked');
    this.#progress.sent = to;
  }

  /** To a host that cannot be reached it counts as sent: the hole in the chain tells it later to ask. */
  async #send(
    records: readonly StoredRecord[],
    header: (host: Host, part: { part: number; parts: number }) => Header,
  ): Promise<void> {
    const payloads = payloadsOf(records, this.#node.options.maxPayloadBytes);
    const delivered = await sendToHost(this.#node, this.#hostId, (host) =>
      sendParts(this.#node, { scope: this.#scope, lane: host.lane, member: host.member }, payloads, (part) =>
        header(host, part),
      ),
    );
    if (!delivered) this.#node.logger.warn('a host cannot be reached', { scope: this.#scope });
    await this.#node.step('sent', this.#scope);
  }

  async #advance(dispatched: number, mark?: number): Promise<boolean> {
    const isOurs = await this.#node.store.advance({
      scope: this.#scope,
      token: this.#turn.token,
      dispatched,
      sent: new Map([[this.#hostId, this.#progress.sent]]),
      ...(mark === undefined ? {} : { mark }),
    });
    if (!isOurs) return false;
    if (mark !== undefined) this.#marks.add(mark);
    if (dispatched > this.#dispatched) this.#node.dispatched(this.#timed);
    this.#node.count('revisions', dispatched - this.#dispatched);
    this.#dispatched = dispatched;
    await this.#node.step('advanced', this.#scope);
    return true;
  }

  async #readApplied(): Promise<void> {
    const [registration, [report]] = await Promise.all([
      readRegistration(this.#node, this.#hostId),
      this.#node.store.reports(this.#scope, [this.#hostId]),
    ]);
    const epoch = registration?.value.member.epoch ?? 0;
    this.#progress.applied = appliedOf(report, { epoch, incarnation: this.#turn.incarnation });
    // What has reported nothing at its epoch begins with the snapshot of its registration.
    this.#progress.since = this.#progress.applied > 0 ? 0 : (registration?.revision ?? 0);
  }

  #stamp(host: Host) {
    return {
      scope: this.#scope,
      host: host.id,
      epoch: host.member.epoch,
      incarnation: this.#turn.incarnation,
      turn: this.#turn.token,
    };
  }
}

function payloadsOf(records: readonly StoredRecord[], maxBytes: number): Payloads {
  const [first = Buffer.alloc(0), ...rest] = packPayloads(records.map(encodeEntry), undefined, maxBytes);
  const all = [first, ...rest];
  return { parts: all.length, payload: (part) => all[part] ?? first };
}
