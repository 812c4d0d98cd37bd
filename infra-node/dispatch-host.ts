import { encodeEntry, packPayloads } from '../core/codec/envelope.ts';
import type { Header } from '../core/codec/envelope.ts';
import { splitKey, splitScope } from '../core/model/keys.ts';
import type { Host } from '../core/model/resources.ts';
import type { ChangePage, DispatchTurn, Scope, StoredRecord } from '../core/store/port.ts';
import { readSnapshot } from '../core/store/snapshot.ts';
import type { Payloads } from './encoded-entries.ts';
import type { Node } from './node.ts';
import { sendToHost } from './registered-host.ts';
import type { Resyncs } from './resyncs.ts';
import { sendParts } from './send.ts';

/** What a host receives of its own scope, as it is. */
const kinds: ReadonlySet<string> = new Set(['assignment', 'config']);
const isForHost = (record: StoredRecord): boolean => kinds.has(splitKey(record.key).kind);

/** One node's turn on a host's own scope, which travels on the host lane. */
export class HostTurn {
  readonly #node: Node;
  readonly #scope: Scope;
  readonly #hostId: string;
  readonly #turn: DispatchTurn;
  #dispatched: number;
  #sent: number;

  private constructor(node: Node, scope: Scope, turn: DispatchTurn, sent: number) {
    this.#node = node;
    this.#scope = scope;
    this.#hostId = splitScope(scope).id;
    this.#turn = turn;
    this.#dispatched = turn.dispatched;
    this.#sent = sent;
  }

  /** False = another node took a turn meanwhile. */
  static async run(node: Node, scope: Scope, resyncs: Resyncs): Promise<boolean> {
    const begun = await node.store.beginDispatch(scope);
    await node.step('begun', scope);
    const [sent = 0] = await node.store.sent(scope, [splitScope(scope).id]);
    const turn = new HostTurn(node, scope, begun, sent);
    return turn.#run(resyncs.size > 0);
  }

  async #run(isAsked: boolean): Promise<boolean> {
    if (isAsked) {
      this.#node.count('resyncs');
      return this.#sendAll();
    }
    const { store, options } = this.#node;
    let target = Infinity;
    while (this.#dispatched < target) {
      const page = await store.changes(this.#scope, this.#dispatched, options.changesPage);
      await this.#node.step('changes-read', this.#scope);
      target = Math.min(target, page.head);
      if (page.through <= this.#dispatched) break;
      // A host that has registered, perhaps with another slot and epoch, starts from nothing.
      if (page.changes.some((record) => splitKey(record.key).kind === 'host')) return this.#sendAll();
      await this.#sendChanges(page);
      if (!(await this.#advance(page.through))) return false;
    }
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
    this.#sent = to;
    return this.#advance(to);
  }

  async #sendChanges({ changes, through: to }: ChangePage): Promise<void> {
    const records = changes.filter(isForHost);
    const from = this.#sent;
    if (records.length === 0 || from >= to) return;
    await this.#send(records, (host, part) => ({
      kind: 'changes',
      ...this.#stamp(host),
      from,
      to,
      ask: false,
      ...part,
    }));
    this.#node.count('copies');
    this.#sent = to;
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

  async #advance(dispatched: number): Promise<boolean> {
    const isOurs = await this.#node.store.advance({
      scope: this.#scope,
      token: this.#turn.token,
      dispatched,
      sent: new Map([[this.#hostId, this.#sent]]),
    });
    if (!isOurs) return false;
    this.#node.count('revisions', dispatched - this.#dispatched);
    this.#dispatched = dispatched;
    await this.#node.step('advanced', this.#scope);
    return true;
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
