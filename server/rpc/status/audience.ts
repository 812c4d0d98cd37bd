import { decodeRecord } from '../../../core/codec/records.ts';
import { decodeReportBody } from '../../../core/codec/report-body.ts';
import type { Failure } from '../../../core/codec/report.ts';
import { keys } from '../../../core/model/keys.ts';
import type { Member } from '../../../core/model/resources.ts';
import { isContinued } from '../../../core/placement/membership.ts';
import type { RecordKey, Scope } from '../../../core/store/port.ts';
import type { ServerDeps } from '../../deps.ts';
import { offlineAmong } from '../../leases/presence.ts';

const PAGE = 1_000;
const MAX_FAILURES = 10;

type AudienceDeps = Pick<ServerDeps, 'store' | 'leases'>;

/**
 * The hosts that should have a revision: those that were members of the VPC when it was made and are still. A host
 * that was seen to have it counts for good, whatever it loses later; nobody waits for one that is offline.
 */
export class Audience {
  readonly #deps: AudienceDeps;
  readonly #scope: Scope;
  readonly #revision: number;
  /** Host -> epoch of its membership at the revision. */
  readonly #pending: Map<string, number>;
  readonly #failures = new Map<RecordKey, Failure>();
  /** Of those that have not got it. */
  #offline: ReadonlySet<string> = new Set();
  #applied = 0;

  private constructor(deps: AudienceDeps, scope: Scope, revision: number, members: Map<string, number>) {
    this.#deps = deps;
    this.#scope = scope;
    this.#revision = revision;
    this.#pending = members;
  }

  static async of(deps: AudienceDeps, scope: Scope, revision: number): Promise<Audience> {
    const members = new Map<string, number>();
    for (let after = ''; ;) {
      const page = await deps.store.list(scope, 'member', after, PAGE);
      for (const record of page) {
        const member = decodeRecord<Member>(record);
        if (member !== undefined && (member.value.since?.revision ?? member.revision) <= revision) {
          members.set(member.value.hostId, member.value.epoch);
        }
      }
      const last = page.at(-1);
      if (page.length < PAGE || last === undefined) return new Audience(deps, scope, revision, members);
      after = last.key.slice('member/'.length);
    }
  }

  get applied(): number {
    return this.#applied;
  }

  /** Hosts that are still to get it, without those that are offline. */
  get pending(): readonly string[] {
    return [...this.#pending.keys()].filter((host) => !this.#offline.has(host));
  }

  /** Hosts that get it when they are back. */
  get offline(): number {
    return this.#offline.size;
  }

  get failures(): readonly Failure[] {
    return [...this.#failures.values()];
  }

  /** Looks at the hosts that have not got it. `dispatched` must have been read before. */
  async look(dispatched: number): Promise<void> {
    const hosts = [...this.#pending.keys()];
    const { due } = await this.#deps.store.status(this.#scope);
    for (let from = 0; from < hosts.length; from += PAGE) {
      await this.#lookAt(hosts.slice(from, from + PAGE), dispatched, due);
    }
    this.#offline = await offlineAmong(this.#deps, [...this.#pending.keys()]);
  }

  async #lookAt(hosts: readonly string[], dispatched: number, due: number): Promise<void> {
    const { store } = this.#deps;
    const [members, sent, reports] = await Promise.all([
      store.read(this.#scope, hosts.map(keys.member)),
      store.sent(this.#scope, hosts),
      store.reports(this.#scope, hosts),
    ]);
    hosts.forEach((host, i) => {
      const awaited = this.#pending.get(host) ?? 0;
      const member = members[i] && decodeRecord<Member>(members[i])?.value;
      if (member === undefined || !isContinued(member, awaited)) {
        // It left, and may be back: then it began with a newer state.
        this.#pending.delete(host);
        return;
      }
      const report = reports[i];
      if (report === undefined || !isContinued(member, report.epoch)) return;
      this.#note(decodeReportBody(report).failures);
      const sentTo = sent[i] ?? 0;
      // What is not for a host is never sent: then one that is not held back has all that there is for it.
      const hasAllSent = report.revision >= sentTo && sentTo >= due;
      const hasAll = report.revision >= this.#revision || hasAllSent;
      if (dispatched < this.#revision || !hasAll) return;
      this.#pending.delete(host);
      this.#applied++;
    });
  }

  #note(failures: readonly Failure[]): void {
    for (const failure of failures) {
      if (this.#failures.size < MAX_FAILURES || this.#failures.has(failure.key)) {
        this.#failures.set(failure.key, failure);
      }
    }
  }
}
