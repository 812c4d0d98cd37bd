import { isDeepStrictEqual } from 'node:util';
import { MAX_MARKS } from '../../core/store/port.ts';
import type { Advance, DispatchTurn, Report, ReportOutcome, ScopeStatus } from '../../core/store/port.ts';
import { MemoryRecords } from './store-records.ts';

/** All that one scope holds. */
export class MemoryScope {
  readonly records = new MemoryRecords();
  #incarnation = 1;
  #dispatched = 0;
  #token = 0;
  #base: number | undefined;
  #reportCount = 0;
  readonly #sent = new Map<string, number>();
  /** Ascending. */
  #marks: readonly number[] = [];
  readonly #reports = new Map<string, Report>();

  get status(): ScopeStatus {
    return {
      incarnation: this.#incarnation,
      revision: this.records.revision,
      dispatched: this.#dispatched,
      due: this.#base ?? this.#dispatched,
      reports: this.#reportCount,
    };
  }

  beginDispatch(): DispatchTurn {
    return { ...this.status, token: ++this.#token };
  }

  sent(receiver: string): number {
    return this.#sent.get(receiver) ?? this.#base ?? 0;
  }

  get marks(): number[] {
    return [...this.#marks];
  }

  advance({ token, dispatched, sent, sentAll, forget = [], mark }: Advance): boolean {
    if (this.#token === 0 || token !== this.#token) return false;
    this.#dispatched = dispatched;
    if (sentAll !== undefined) {
      this.#base = sentAll;
      this.#sent.clear();
    }
    for (const receiver of forget) this.#sent.delete(receiver);
    for (const [receiver, revision] of sent) this.#sent.set(receiver, revision);
    if (mark !== undefined && !this.#marks.includes(mark)) {
      // The lowest make room.
      this.#marks = [...this.#marks.slice(1 - MAX_MARKS), mark].sort((one, other) => one - other);
    }
    return true;
  }

  reincarnate(incarnation: number): boolean {
    if (this.records.revision === 0 || incarnation !== this.#incarnation) return false;
    this.#incarnation++;
    this.records.revision++;
    this.#token++;
    this.#reportCount++;
    this.#dispatched = 0;
    this.#base = undefined;
    this.#sent.clear();
    this.#marks = [];
    this.#reports.clear();
    return true;
  }

  report(reporter: string): Report | undefined {
    return this.#reports.get(reporter);
  }

  putReport({ reporter, incarnation, epoch, revision, body }: Report): ReportOutcome {
    const report = { reporter, incarnation, epoch, revision, body };
    const old = this.#reports.get(reporter);
    const kept = incarnation >= this.#incarnation && (old === undefined || compareReports(report, old) >= 0);
    if (kept && !isDeepStrictEqual(report, old)) {
      this.#reports.set(reporter, report);
      this.#reportCount++;
    }
    return { kept, behind: (this.#sent.get(reporter) ?? Infinity) < this.status.due };
  }

  renewReport(report: Report): Pick<ReportOutcome, 'behind'> | undefined {
    const old = this.#reports.get(report.reporter);
    const isRenewal =
      old !== undefined &&
      old.revision > 0 &&
      report.incarnation === this.#incarnation &&
      report.incarnation === old.incarnation &&
      report.epoch === old.epoch &&
      report.revision >= old.revision &&
      report.revision <= this.records.revision;
    if (!isRenewal) return undefined;
    const { behind } = this.putReport(report);
    return { behind };
  }

  forgetReport(reporter: string, epoch: number): void {
    const old = this.#reports.get(reporter);
    if (old !== undefined && old.epoch <= epoch) this.#reports.delete(reporter);
  }
}

function compareReports(one: Report, other: Report): number {
  return one.incarnation - other.incarnation || one.epoch - other.epoch || one.revision - other.revision;
}
