import type { Report } from '../store/port.ts';
import { MAX_FAILURES, MAX_REASON } from './report.ts';
import type { Failure } from './report.ts';

/** What the control service keeps of a report besides its incarnation, epoch and revision. */
export interface ReportBody {
  /** The member that reported, where the reporter is a group. */
  readonly host?: string;
  readonly failures: readonly Failure[];
  /** False: the host named more failures than are kept, so a resource that is not listed may have failed, too. */
  readonly complete: boolean;
  /** Of what the host holds at the report's revision, where it said so. */
  readonly digest?: number;
  /** Revision of the fan-out lane that the host reads along; absent = it reads none. */
  readonly reading?: number;
}

export function encodeReportBody(body: Omit<ReportBody, 'complete'>): string {
  const failures = body.failures
    .slice(0, MAX_FAILURES)
    .map(({ key, revision, reason }) => ({ key, revision, reason: reason.slice(0, MAX_REASON) }));
  return JSON.stringify({
    ...body,
    failures,
    complete: failures.length === body.failures.length,
  } satisfies ReportBody);
}

/** Trusts the text, because `encodeReportBody` wrote it. */
export function decodeReportBody(report: Report): ReportBody {
  return JSON.parse(report.body) as ReportBody;
}
