import { decodeRecord } from '../core/codec/records.ts';
import { decodeReportBody } from '../core/codec/report-body.ts';
import { splitKey } from '../core/model/keys.ts';
import type { Member, SlotHolder } from '../core/model/resources.ts';
import type { Report, Scope, ScopeStore, StoredRecord } from '../core/store/port.ts';
import { appliedOf } from './window.ts';
import type { Progress } from './window.ts';

export interface MemberState extends Progress {
  readonly member: Member;
  /** Revision of the fan-out lane that the host said it reads; 0 = it reads none. */
  reading: number;
}

/** The hosts that take part in a VPC, by id. */
export type Members = Map<string, MemberState>;

const PAGE = 2_000;

/**
 * The members at the revision `at`, less those who have left since; they get their fence when the dispatch comes to it.
 * Whoever joined after `at` is found in the log. What they have applied is not read yet.
 */
export async function loadMembers(store: ScopeStore, scope: Scope, at: number): Promise<Members> {
  const members: Members = new Map();
  let after = '';
  for (;;) {
    const page = await store.list(scope, 'member', after, PAGE);
    const found = page.flatMap((record) => {
      const decoded = record.revision > at ? undefined : decodeRecord<Member>(record);
      return decoded === undefined ? [] : [decoded];
    });
    const sent = await store.sent(
      scope,
      found.map(({ value }) => value.hostId),
    );
    found.forEach(({ value: member, revision: since }, i) =>
      members.set(member.hostId, { member, since, sent: sent[i] ?? 0, applied: 0, reading: 0 }),
    );
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) return members;
    after = splitKey(last.key).id;
  }
}

/** Reads anew how far these hosts are, and what they read. */
export async function readApplied(
  store: ScopeStore,
  scope: Scope,
  incarnation: number,
  states: readonly MemberState[],
): Promise<void> {
  for (let at = 0; at < states.length; at += PAGE) {
    const page = states.slice(at, at + PAGE);
    const reports = await store.reports(
      scope,
      page.map(({ member }) => member.hostId),
    );
    page.forEach((state, i) => {
      const report = reports[i];
      state.applied = appliedOf(report, { epoch: state.member.epoch, incarnation });
      state.reading = state.applied > 0 && report !== undefined ? readingOf(report) : 0;
    });
  }
}

export interface MemberChanges {
  readonly joined: readonly MemberState[];
  /** Hosts that are no members any more. */
  readonly left: readonly string[];
  /** Holders whose fence is due. */
  readonly draining: readonly SlotHolder[];
}

/** Brings the members up to date with a page of the log. */
export function followLog(members: Members, changes: readonly StoredRecord[]): MemberChanges {
  const joined: MemberState[] = [];
  const left: string[] = [];
  const draining: SlotHolder[] = [];
  for (const record of changes) {
    const { kind, id } = splitKey(record.key);
    if (kind === 'slot') {
      const holder = decodeRecord<SlotHolder>(record)?.value;
      if (holder?.state !== 'draining') continue;
      draining.push(holder);
      // A host that has come back since has its member record later in the log; what it was until then ends here.
      if (members.get(holder.hostId)?.member.epoch === holder.epoch) members.delete(holder.hostId);
    } else if (kind === 'member') {
      const member = decodeRecord<Member>(record)?.value;
      if (member === undefined) {
        members.delete(id);
        left.push(id);
      } else {
        const state: MemberState = { member, since: record.revision, sent: 0, applied: 0, reading: 0 };
        members.set(id, state);
        joined.push(state);
      }
    }
  }
  return { joined, left, draining };
}

function readingOf(report: Report): number {
  // Most hosts read nothing, and there are many of them.
  return report.body.includes('"reading"') ? (decodeReportBody(report).reading ?? 0) : 0;
}
