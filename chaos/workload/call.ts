import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { PlatformError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { pause } from '../../core/retry.ts';
import type { Operation } from './operation.ts';

export type Outcome =
  | { readonly kind: 'acknowledged' }
  /** It did not happen. */
  | { readonly kind: 'refused'; readonly error: PlatformError }
  /** It may have happened, or may happen yet. */
  | { readonly kind: 'unknown'; readonly error: PlatformError };

export interface CallOptions {
  readonly requestId: string;
  /** Which of the clients goes first. */
  readonly first: number;
  /** No attempt begins after this. */
  readonly patienceMs: number;
}

/** Of one attempt: a server that is stopped must not keep a caller for long, but one that waits for the broker may. */
const ATTEMPT_MS = { least: 4_000, most: 30_000 };
const PAUSE_MS = { least: 50, most: 1_000 };

/** Nothing was written by an attempt that ended so; the others that may be repeated leave it open. */
const harmless: ReadonlySet<ErrorCode> = new Set(['aborted']);

/** One call by a client that repeats it itself, as clients are told to. */
export async function callOnce(
  client: ControlClient,
  operation: Operation,
  requestId: string,
): Promise<Outcome> {
  try {
    await operation.call(client, requestId, {});
    return { kind: 'acknowledged' };
  } catch (thrown) {
    const error = PlatformError.from(thrown);
    return { kind: error.retryable || error.code === 'internal' ? 'unknown' : 'refused', error };
  }
}

/** As the contract says: what may be retried is, with the same request id, by turns at the servers. */
export async function callUntilKnown(
  clients: readonly ControlClient[],
  operation: Operation,
  { requestId, first, patienceMs }: CallOptions,
): Promise<Outcome> {
  const giveUpAt = performance.now() + patienceMs;
  let mayHaveHappened = false;
  for (let attempt = 0; ; attempt++) {
    try {
      const client = clients[(first + attempt) % clients.length];
      if (client === undefined) throw new PlatformError('unavailable', 'there is no server');
      await operation.call(client, requestId, { deadlineMs: doubled(ATTEMPT_MS, attempt) });
      return { kind: 'acknowledged' };
    } catch (thrown) {
      const error = PlatformError.from(thrown);
      mayHaveHappened ||= error.code === 'internal' || (error.retryable && !harmless.has(error.code));
      if (!error.retryable || performance.now() > giveUpAt) {
        return { kind: mayHaveHappened ? 'unknown' : 'refused', error };
      }
    }
    await pause(doubled(PAUSE_MS, attempt) * (0.5 + Math.random() / 2));
  }
}

function doubled({ least, most }: { readonly least: number; readonly most: number }, times: number): number {
  return Math.min(most, least * 2 ** times);
}
