import { randomUUID } from 'node:crypto';
import type { Registry } from '../core/store/port.ts';

/** After this time another call may take over from one that did not come to its end. */
const TURN_MS = 60_000;

/**
 * Runs what only one call at a time may do, whichever server it is on; undefined = it is another's turn. Whoever
 * takes over does so from the claim that it saw, so that one of many does.
 */
export async function inTurn<T>(
  store: Registry,
  kind: 'growth' | 'vpc-topics',
  id: string,
  run: () => Promise<T>,
): Promise<T | undefined> {
  // Of the call, not of the server: two calls of one server must not run at once either.
  const token = randomUUID();
  let held = await store.claim(kind, id, token);
  if (held.owner !== token && held.ageMs >= TURN_MS) held = await store.claim(kind, id, token, held);
  if (held.owner !== token) return undefined;
  try {
    return await run();
  } finally {
    await store.release(kind, id, token);
  }
}
