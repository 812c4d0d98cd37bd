import { decodeReportBody } from '../../core/codec/report-body.ts';
import type { Report, Scope, ScopeStatus } from '../../core/store/port.ts';
import type { Node } from '../node.ts';
import { readExpected } from './expected.ts';
import type { Expected, ExpectedAtHost } from './expected.ts';
import { sendAgain } from './send-again.ts';
import type { Receiver } from './send-again.ts';
import { Suspicions } from './suspicions.ts';
import type { Finding } from './suspicions.ts';

interface Known {
  readonly status: ScopeStatus;
  readonly expected: Expected;
  /** All its hosts were right by the reports of that time. */
  readonly isClean: boolean;
}

const PAGE = 2_000;

/** Hosts of all scopes together whose digests are remembered from one pass to the next. */
const MAX_KNOWN = 500_000;

/**
 * Compares what hosts say that they hold with what they should hold, in scopes where nothing happens: what is wrong
 * there stays wrong. A host that holds something else gets a snapshot, and one that lacks the end of what it was sent
 * gets that again.
 */
export class Reconciler {
  readonly #node: Node;
  readonly #suspicions: Suspicions;
  readonly #known = new Map<Scope, Known>();
  #size = 0;

  constructor(node: Node) {
    this.#node = node;
    this.#suspicions = new Suspicions(node.clock);
  }

  /** Answers with what seems wrong. Something is done about what was so the last time as well. */
  async look(scope: Scope): Promise<readonly Finding[]> {
    const { store } = this.#node;
    const status = await store.status(scope);
    if (status.revision === 0 || status.dispatched !== status.revision) return [];
    const known = this.#recall(scope, status);
    if (known?.isClean === true && known.status.reports === status.reports) return [];
    const expected = known?.expected ?? (await readExpected(this.#node, scope));
    const reports = await this.#reports(scope, expected.receivers);
    // Else a report may tell of something that was committed after what it is compared with was read.
    if (!isSame(status, await store.status(scope))) return [];
    this.#node.count('scopesReconciled');
    const findings = expected.receivers.flatMap((receiver, i): Finding[] => {
      const report = reports[i];
      const isPresent = report?.epoch === receiver.epoch && report.incarnation === status.incarnation;
      return this.#examine(receiver, expected.at(receiver.hostId), isPresent ? report : undefined);
    });
    this.#keep(scope, { status, expected, isClean: findings.length === 0 });
    await this.#putRight(scope, findings);
    return findings;
  }

  /** A pass over all scopes has come to its end. */
  passed(): void {
    this.#suspicions.passed();
  }

  async #putRight(scope: Scope, findings: readonly Finding[]): Promise<void> {
    const reachable = await this.#reachable(findings);
    const again: Receiver[] = [];
    for (const { finding, attempts } of this.#suspicions.confirm(scope, reachable)) {
      const { receiver, what, state } = finding;
      const { hostId: host, epoch } = receiver;
      this.#node.count(what === 'different' ? 'digestMismatches' : 'lostTails');
      const message = what === 'different' ? 'a host holds something else' : 'a host lacks what it was sent';
      this.#node.logger.warn(message, { scope, host, epoch, state, attempts });
      // If all that was lost is the host's report, only a snapshot makes it report again.
      if (what === 'different' || attempts > 0) await this.#node.put({ kind: 'resync', scope, host, epoch });
      else again.push(receiver);
    }
    if (again.length > 0) await sendAgain(this.#node, scope, again);
  }

  #examine(receiver: Receiver, expected: ExpectedAtHost, report: Report | undefined): Finding[] {
    const applied = report?.revision ?? 0;
    if (applied < expected.revision) {
      const state = `at ${applied} of ${expected.revision}`;
      return [{ receiver, what: 'behind', state, patienceMs: this.#node.options.lostTailAfterMs }];
    }
    const digest = report === undefined ? undefined : decodeReportBody(report).digest;
    if (digest === undefined || digest === expected.digest) return [];
    const state = `at ${applied} with the digest ${digest} in place of ${expected.digest}`;
    return [{ receiver, what: 'different', state, patienceMs: 0 }];
  }

  /** Others get what they lack when they come. */
  async #reachable(findings: readonly Finding[]): Promise<Finding[]> {
    if (findings.length === 0) return [];
    const heard = await this.#node.store.heard(findings.map(({ receiver }) => receiver.hostId));
    return findings.filter(
      ({ receiver }, i) => heard[i] !== undefined && !this.#node.isOffline(receiver.hostId),
    );
  }

  async #reports(scope: Scope, receivers: readonly Receiver[]): Promise<(Report | undefined)[]> {
    const reports: (Report | undefined)[] = [];
    for (let at = 0; at < receivers.length; at += PAGE) {
      const ids = receivers.slice(at, at + PAGE).map(({ hostId }) => hostId);
      reports.push(...(await this.#node.store.reports(scope, ids)));
    }
    return reports;
  }

  #recall(scope: Scope, status: ScopeStatus): Known | undefined {
    const known = this.#known.get(scope);
    if (known === undefined || isSame(known.status, status)) return known;
    this.#forget(scope, known);
    return undefined;
  }

  #keep(scope: Scope, known: Known): void {
    const before = this.#known.get(scope);
    if (before !== undefined) this.#forget(scope, before);
    this.#known.set(scope, known);
    this.#size += 1 + known.expected.receivers.length;
    for (const [oldest, other] of this.#known) {
      if (this.#size <= MAX_KNOWN) break;
      this.#forget(oldest, other);
    }
  }

  #forget(scope: Scope, { expected }: Known): void {
    this.#known.delete(scope);
    this.#size -= 1 + expected.receivers.length;
  }
}

/** Nothing was written, and nothing was begun anew. */
function isSame(one: ScopeStatus, other: ScopeStatus): boolean {
  return (
    one.incarnation === other.incarnation &&
    one.revision === other.revision &&
    one.dispatched === other.dispatched
  );
}
