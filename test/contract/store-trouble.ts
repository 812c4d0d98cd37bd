import { PlatformError } from '../../core/errors.ts';
import type { Store } from '../../core/store/port.ts';
import { eventually } from '../../scripts/eventually.ts';
import { newScope } from './store-values.ts';

/** The code of the error that the call ends with. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (error instanceof PlatformError) return error.code;
    throw error;
  }
  return 'no error';
}

export async function recovers(store: Store, scope = newScope()): Promise<void> {
  const answers = async (): Promise<boolean> => (await store.status(scope)).incarnation === 1;
  await eventually('the store to answer again', answers, { timeoutMs: 20_000, intervalMs: 20 });
}
