/**
 * What a host holds of one scope, and what messages would change in it. Given the same messages in any order, with any
 * repeats, it either equals the view at its revision or knows that it lacks something.
 *
 * Planning and taking over are apart: what a message changes is first applied to the host and made durable, and only
 * then is it what the host holds and reports.
 */
import type { ChangesHeader } from '../codec/envelope.ts';
import type { RecordKey, Scope } from '../store/port.ts';
import { EMPTY_DIGEST, addToDigest, takeFromDigest } from './digest.ts';
import { HeldGroups, bearsOnGroups } from './held-groups.ts';
import { groupIdOf, isGroup } from './interest.ts';
import { keys } from './keys.ts';
import type { Entry } from './view.ts';

/** How far a replica is. */
export interface Position {
  readonly epoch: number;
  readonly incarnation: number;
  /** Everything for the host up to this revision is in `entries`; what is absent was removed or never there. */
  readonly revision: number;
  /** A message in parts that is not complete: whose it is and the next part. */
  readonly partial: { readonly turn: number; readonly to: number; readonly next: number } | undefined;
}

export interface Replica extends Position {
  readonly scope: Scope;
  readonly entries: ReadonlyMap<RecordKey, Entry>;
  /** Of `entries`, kept with them. */
  readonly digest: number;
  readonly groups: HeldGroups;
}

/** What a message makes of a replica. */
export interface Plan {
  readonly outcome: 'applied';
  /** What differs from before, removals included, in the order of the message. */
  readonly changed: readonly Entry[];
  readonly position: Position;
}

export type Planned =
  | Plan
  /** Of an earlier assignment or incarnation, or nothing new: drop it. */
  | { readonly outcome: 'stale' }
  /** Something before it is missing: a snapshot is needed. */
  | { readonly outcome: 'gap' };

export function emptyReplica(scope: Scope, epoch: number): Replica {
  return {
    ...{ scope, epoch, incarnation: 0, revision: 0, partial: undefined },
    ...{ entries: new Map(), digest: EMPTY_DIGEST, groups: new HeldGroups() },
  };
}

export function planChanges(replica: Replica, header: ChangesHeader, entries: readonly Entry[]): Planned {
  const { epoch, incarnation, revision, partial } = replica;
  const order = header.incarnation - incarnation || header.epoch - epoch;
  if (order !== 0) return { outcome: order < 0 ? 'stale' : 'gap' };
  if (header.to <= revision) return { outcome: 'stale' };
  if (header.from > revision) return { outcome: 'gap' };
  // Of a turn that was overtaken: it would undo what the parts of the newer one have said.
  if (partial !== undefined && header.turn < partial.turn) return { outcome: 'stale' };
  const next = partial?.turn === header.turn && partial.to === header.to ? partial.next : 0;
  if (header.part > next) return { outcome: 'gap' };

  const isWhole = header.part === header.parts - 1;
  // At or below the replica's revision everything is known: an absent entry was removed and must not come back. But a
  // group may concern the host only since; that it is there, the message says of a revision above the replica's.
  const changed = entries.filter(
    (entry) => (entry.revision > revision || isGroup(entry.key)) && isNews(replica, entry),
  );
  return {
    outcome: 'applied',
    changed: isWhole ? withoutSurplus(replica, changed, header.to) : changed,
    position: isWhole
      ? { epoch, incarnation, revision: header.to, partial: undefined }
      : {
          ...{ epoch, incarnation, revision },
          partial: { turn: header.turn, to: header.to, next: Math.max(next, header.part + 1) },
        },
  };
}

export interface Snapshot {
  readonly epoch: number;
  readonly incarnation: number;
  readonly revision: number;
  readonly entries: readonly Entry[];
}

/**
 * Replaces what the replica holds, unless it knows something newer of the same assignment already. It speaks for all
 * revisions up to its own, also for those that a store has given out twice because it had lost its tail.
 */
export function planSnapshot(replica: Replica, snapshot: Snapshot): Planned {
  if (isOlder(snapshot, replica)) return { outcome: 'stale' };
  const { epoch, incarnation, revision } = snapshot;
  // A host that reads along may be further than the snapshot that makes it a member again.
  if (incarnation === replica.incarnation && revision < replica.revision) {
    const position = { epoch, incarnation, revision: replica.revision, partial: undefined };
    return { outcome: 'applied', changed: [], position };
  }
  const replaces = incarnation > replica.incarnation || epoch > replica.epoch;
  // Parts of a later range may be ahead of the snapshot; they stay.
  const isReplaced = (held: Entry): boolean => replaces || held.revision <= revision;
  const kept = new Set(snapshot.entries.map((entry) => entry.key));
  const removed = [...replica.entries.values()]
    .filter((held) => !kept.has(held.key) && isReplaced(held))
    .map(({ key }): Entry => ({ key, revision, body: undefined }));
  const set = snapshot.entries.filter((entry) => {
    const held = replica.entries.get(entry.key);
    return held === undefined || (isReplaced(held) && !isSame(held, entry));
  });
  return {
    outcome: 'applied',
    changed: withoutSurplus(replica, [...removed, ...set], revision),
    position: { epoch, incarnation, revision, partial: undefined },
  };
}

/** The replica with a plan taken over; its entries are the same map, changed. */
export function take(replica: Replica, { changed, position }: Omit<Plan, 'outcome'>): Replica {
  const entries = replica.entries as Map<RecordKey, Entry>;
  const { groups } = replica;
  let { digest } = replica;
  for (const entry of changed) {
    const before = entries.get(entry.key);
    groups.replace(before, entry);
    if (before !== undefined) digest = takeFromDigest(digest, before);
    if (entry.body === undefined) {
      entries.delete(entry.key);
    } else {
      entries.set(entry.key, entry);
      digest = addToDigest(digest, entry);
    }
  }
  return { scope: replica.scope, entries, digest, groups, ...position };
}

/**
 * The changes without groups that do not concern the host, and with the removal of those that do not any more. The host
 * sees that for itself, so nobody has to know what it held before; what it lacks it is sent with what makes it lack it.
 */
function withoutSurplus(
  { entries, groups }: Replica,
  changed: readonly Entry[],
  revision: number,
): readonly Entry[] {
  let after = groups;
  for (const entry of changed) {
    const before = entries.get(entry.key);
    if (!bearsOnGroups(entry) && (before === undefined || !bearsOnGroups(before))) continue;
    if (after === groups) after = groups.copy();
    after.replace(before, entry);
  }
  const surplus = new Set(after.surplus());
  if (surplus.size === 0) return changed;
  const removed = [...surplus].map(keys.securityGroup).filter((key) => entries.has(key));
  return [
    ...changed.filter(({ key }) => !isGroup(key) || !surplus.has(groupIdOf(key))),
    ...removed.map((key): Entry => ({ key, revision, body: undefined })),
  ];
}

function isOlder(snapshot: Snapshot, replica: Replica): boolean {
  if (snapshot.incarnation !== replica.incarnation) return snapshot.incarnation < replica.incarnation;
  if (snapshot.epoch !== replica.epoch) return snapshot.epoch < replica.epoch;
  return snapshot.revision < replica.revision;
}

function isSame(one: Entry, other: Entry): boolean {
  return one.revision === other.revision && one.body === other.body;
}

/** False = the replica has this version, or a newer one, already. */
function isNews({ entries }: Replica, { key, revision, body }: Entry): boolean {
  const held = entries.get(key);
  return held === undefined ? body !== undefined : held.revision < revision;
}
