import { decodeRecord } from '../../../core/codec/records.ts';
import type { Decoded } from '../../../core/codec/records.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Host } from '../../../core/model/resources.ts';
import type { Store } from '../../../core/store/port.ts';

/** Hosts as they are registered now, in the order of the ids. */
export function readHosts(store: Store, ids: readonly string[]): Promise<(Decoded<Host> | undefined)[]> {
  return Promise.all(
    ids.map(async (id) => {
      const [record] = await store.read(scopes.host(id), [keys.host(id)]);
      return record && decodeRecord<Host>(record);
    }),
  );
}
