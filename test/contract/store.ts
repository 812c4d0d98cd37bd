import type { Store } from '../../core/store/port.ts';
import { describeCommits } from './store-commits.ts';
import { describeDispatch } from './store-dispatch.ts';
import { describeDrop } from './store-drop.ts';
import { describeLeases } from './store-leases.ts';
import { describeLog } from './store-log.ts';
import { describeModel } from './store-model.ts';
import { describeRegistry } from './store-registry.ts';
import { describeReincarnation } from './store-reincarnation.ts';
import { describeReports } from './store-reports.ts';
import { describeRequests } from './store-requests.ts';
import { describeSizes } from './store-sizes.ts';

const parts = [
  describeCommits,
  describeRequests,
  describeLog,
  describeDispatch,
  describeReports,
  describeReincarnation,
  describeDrop,
  describeRegistry,
  describeLeases,
  describeSizes,
  describeModel,
];

/** What every implementation of the port must do. `open` gives a store that nobody else writes to. */
export function describeStoreContract(name: string, open: () => Promise<Store>): void {
  describe(`store: ${name}`, () => {
    let store: Store;
    before(async () => {
      store = await open();
      await store.ping();
    });
    after(async () => {
      await store.close();
    });
    for (const describePart of parts) describePart(() => store);
  });
}
