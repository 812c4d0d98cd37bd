import type { ServerDeps } from '../deps.ts';
import type { Later } from './later.ts';

/** What reports are taken with. */
export interface TakeDeps {
  readonly deps: ServerDeps;
  readonly later: Later;
  readonly counts: {
    /** Scopes that began a new incarnation because the store had lost their tail. */
    rollbacks: number;
  };
}
