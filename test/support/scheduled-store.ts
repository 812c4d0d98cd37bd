import type fc from 'fast-check';
import type { Store } from '../../core/store/port.ts';
import { intercept } from './intercept.ts';

/** The store with each call held back until the scheduler lets it go, so that callers interleave at will. */
export function scheduledStore(store: Store, scheduler: fc.Scheduler): Store {
  return intercept(store, async (method, call) => {
    await scheduler.schedule(Promise.resolve(), method);
    return call();
  });
}
