import { splitScope } from '../core/model/keys.ts';
import type { Scope } from '../core/store/port.ts';
import type { AppliedRevision } from './agents-messages.ts';
import { nowMs } from './open-loop.ts';

/** How far each host is with each VPC, as it happens. */
export class AppliedRevisions {
  #revisions: AppliedRevision[] = [];

  durable(hostId: string, scope: Scope, revision: number): void {
    const { kind, id } = splitScope(scope);
    if (kind === 'vpc') this.#revisions.push([hostId, id, revision, nowMs()]);
  }

  /** Those since the last call. */
  take(): AppliedRevision[] {
    const revisions = this.#revisions;
    this.#revisions = [];
    return revisions;
  }
}
