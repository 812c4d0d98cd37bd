import type { Advance, DispatchTurn, Report, ScopeStatus } from '../../core/store/port.ts';
import { MemoryRecords } from './store-records.ts';

/** All that one scope holds. */
export class MemoryScope {
  readonly records = new MemoryRecords();
  #dispatched = 0;
  #token = 0;
  #base = 0;
  #reportCount = 0;
  readonly #sent = new Map<string, number>();
  readonly #reports = new Map<string, Report>();

  get status(): ScopeStatus {
    return {
      incarnation: 1,
      revision: this.records.revision,
      dispatched: this.#dispatched,
      reports: this.#reportCount,
    };
  }

  beginDispatch(): DispatchTurn {
    return { ...this.status, token: ++this.#token };
  }

  sent(receiver: string): number {
    return this.#sent.get(receiver) ?? this.#base;
  }

  advance({ token, dispatched, sent, sentAll, forget = [] }: Advance): boolean {
    if (this.#token === 0 || token !== this.#token) return false;
    this.#dispatched = dispatched;
    if (sentAll !== undefined) {
      this.#base = sentAll;
      this.#sent.clear();
    }
    for (const receiver of forget) this.#sent.delete(receiver);
    for (const [receiver, revision] of sent) this.#sent.set(receiver, revision);
    return true;
  }

  report(reporter: string): Report | undefined {
    return this.#reports.get(reporter);
  }

  putReport(report: Report): boolean {
    const old = this.#reports.get(report.reporter);
    const isOlder =
      old !== undefined &&
      (report.epoch < old.epoch || (report.epoch === old.epoch && report.revision < old.revision));
    if (isOlder) return false;
    const { reporter, epoch, revision, body } = report;
    this.#reports.set(reporter, { reporter, epoch, revision, body });
    this.#reportCount++;
    return true;
  }

  forgetReport(reporter: string, epoch: number): void {
    const old = this.#reports.get(reporter);
    if (old !== undefined && old.epoch <= epoch) this.#reports.delete(reporter);
  }
}
