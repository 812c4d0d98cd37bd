import { PlatformError } from '../../core/errors.ts';
import type { Transaction } from '../../core/store/transaction.ts';
import type { ServerDeps } from '../deps.ts';

/** Refuses to delete a resource that something counts on; the commit fails if anything begins to before it. */
export async function refuseInUse(
  deps: Pick<ServerDeps, 'store'>,
  tx: Transaction,
  resource: { readonly type: string; readonly id: string },
  /** What is counted, by the name of the counter. */
  users: Readonly<Record<string, string>>,
): Promise<void> {
  const names = Object.keys(users);
  const counts = await deps.store.counters(tx.scope, names);
  names.forEach((name, i) => {
    const count = counts[i] ?? 0;
    if (count !== 0) {
      const reason = `${resource.type} ${JSON.stringify(resource.id)} is in use: ${users[name] ?? name} (${count})`;
      throw new PlatformError('failed_precondition', reason, { resource });
    }
    tx.expectCounter(name, 0);
  });
}
