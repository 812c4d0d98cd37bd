import type { Failure } from '../core/codec/report.ts';
import { splitKey } from '../core/model/keys.ts';
import { isNeighbor } from '../core/model/view.ts';
import type { Entry } from '../core/model/view.ts';
import type { Scope } from '../core/store/port.ts';

/** What makes the configuration take effect on the host. */
export interface DataPlane {
  /**
   * Called with what differs from before, removals included (body undefined), before it is durable: after a crash the
   * same change may come again. Resolves with what could not be applied; that counts as held and is reported until the
   * key changes. Calls for one scope never overlap.
   *
   * At each start it is also called with all that the host holds of each scope, some entries at a time, ahead of any
   * change to the scope: the host may have lost what was programmed. So a call may say what is so already, and nothing
   * may be concluded from what a call does not name; only a removal takes anything away.
   */
  apply(scope: Scope, changed: readonly Entry[]): Promise<readonly Failure[]>;
}

/**
 * The agent keeps and serves state; drivers plug in here. This one changes nothing on the host, it only finds resources
 * that no driver could apply: those that do not parse or do not say of themselves what their key says.
 */
export const stateOnlyDataPlane: DataPlane = {
  apply: (_scope, changed) =>
    Promise.resolve(
      // Neighbours say what they are in their first members; drivers look into the rest.
      changed
        .filter((entry) => !isNeighbor(entry))
        .flatMap(({ key, revision, body }) => {
          const reason = body === undefined ? undefined : defectOf(splitKey(key), body);
          return reason === undefined ? [] : [{ key, revision, reason }];
        }),
    ),
};

/** `config` is named by its name; assignments and fan-out lanes are the agent's own business. */
const idFields: Readonly<Record<string, string | undefined>> = {
  config: 'name',
  assignment: undefined,
  'fan-out': undefined,
};

function defectOf({ kind, id }: { kind: string; id: string }, body: string): string | undefined {
  const field = kind in idFields ? idFields[kind] : 'id';
  if (field === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'the body is not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'the body is not an object';
  const held = (value as Record<string, unknown>)[field];
  return held === id ? undefined : `the body's ${field} is not that of the key`;
}
