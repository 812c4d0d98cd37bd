/**
 * What a host holds of one scope, and how messages change it. Pure: given the same messages in any order, with any
 * repeats, it either equals the view at its revision or knows that it lacks something.
 */
import type { ChangesHeader } from '../codec/envelope.ts';
import type { RecordKey, Scope } from '../store/port.ts';
import type { Entry } from './view.ts';

export interface Replica {
  readonly scope: Scope;
  epoch: number;
  incarnation: number;
  /** Everything for the host up to this revision is in `entries`; what is absent was removed or never there. */
  revision: number;
  readonly entries: Map<RecordKey, Entry>;
  /** A message in parts that is not complete: whose it is and the next part. */
  partial: { readonly turn: number; readonly to: number; readonly next: number } | undefined;
}

export type Applied =
  /** `changed` is what differs from before, removals included, in the order of the message. */
  | { readonly outcome: 'applied'; readonly changed: readonly Entry[] }
  /** Of an earlier assignment or incarnation, or nothing new: drop it. */
  | { readonly outcome: 'stale' }
  /** Something before it is missing: a snapshot is needed. */
  | { readonly outcome: 'gap' };

export function emptyReplica(scope: Scope, epoch: number): Replica {
  return { scope, epoch, incarnation: 0, revision: 0, entries: new Map(), partial: undefined };
}

export function applyChanges(replica: Replica, header: ChangesHeader, entries: readonly Entry[]): Applied {
  const order = header.incarnation - replica.incarnation || header.epoch - replica.epoch;
  if (order !== 0) return { outcome: order < 0 ? 'stale' : 'gap' };
  if (header.to <= replica.revision) return { outcome: 'stale' };
  if (header.from > replica.revision) return { outcome: 'gap' };
  const { partial } = replica;
  // Of a turn that was overtaken: it would undo what the parts of the newer one have said.
  if (partial !== undefined && header.turn < partial.turn) return { outcome: 'stale' };
  const next = partial?.turn === header.turn && partial.to === header.to ? partial.next : 0;
  if (header.part > next) return { outcome: 'gap' };

  // At or below the replica's revision everything is known: an absent entry was removed and must not come back.
  const changed = entries.filter((entry) => entry.revision > replica.revision && put(replica, entry));
  if (header.part === header.parts - 1) {
    replica.revision = header.to;
    replica.partial = undefined;
  } else {
    replica.partial = { turn: header.turn, to: header.to, next: Math.max(next, header.part + 1) };
  }
  return { outcome: 'applied', changed };
}

export interface Snapshot {
  readonly epoch: number;
  readonly incarnation: number;
  readonly revision: number;
  readonly entries: readonly Entry[];
}

/** Replaces what the replica holds, unless it knows something newer of the same assignment already. */
export function applySnapshot(replica: Replica, snapshot: Snapshot): Applied {
  if (isOlder(snapshot, replica)) return { outcome: 'stale' };
  const replaces = snapshot.incarnation > replica.incarnation || snapshot.epoch > replica.epoch;
  const kept = new Set(snapshot.entries.map((entry) => entry.key));
  const changed: Entry[] = [];
  for (const [key, entry] of replica.entries) {
    // Parts of a later range may be ahead of the snapshot; they stay.
    if (kept.has(key) || (!replaces && entry.revision > snapshot.revision)) continue;
    replica.entries.delete(key);
    changed.push({ key, revision: snapshot.revision, body: undefined });
  }
  for (const entry of snapshot.entries) {
    if (replaces) replica.entries.delete(entry.key);
    if (put(replica, entry)) changed.push(entry);
  }
  replica.epoch = snapshot.epoch;
  replica.incarnation = snapshot.incarnation;
  replica.revision = snapshot.revision;
  replica.partial = undefined;
  return { outcome: 'applied', changed };
}

function isOlder(snapshot: Snapshot, replica: Replica): boolean {
  if (snapshot.incarnation !== replica.incarnation) return snapshot.incarnation < replica.incarnation;
  if (snapshot.epoch !== replica.epoch) return snapshot.epoch < replica.epoch;
  return snapshot.revision < replica.revision;
}

/** False = the replica has this version, or a newer one, already. */
function put(replica: Replica, entry: Entry): boolean {
  const held = replica.entries.get(entry.key);
  if (held !== undefined && held.revision >= entry.revision) return false;
  if (entry.body === undefined) return replica.entries.delete(entry.key);
  replica.entries.set(entry.key, entry);
  return true;
}
