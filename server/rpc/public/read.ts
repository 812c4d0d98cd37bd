import { decodeRecord } from '../../../core/codec/records.ts';
import type { Decoded } from '../../../core/codec/records.ts';
import { notFound } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { PublicResource } from '../../../core/model/resources.ts';
import type { Store } from '../../../core/store/port.ts';
import type { Transaction } from '../../../core/store/transaction.ts';

export async function findPublic(store: Store, id: string): Promise<Decoded<PublicResource> | undefined> {
  const [record] = await store.read(scopes.public(id), [keys.public(id)]);
  return record && decodeRecord<PublicResource>(record);
}

export async function needPublic(tx: Transaction, id: string): Promise<PublicResource> {
  const found = await tx.get<PublicResource>(keys.public(id));
  if (found === undefined) throw notFound('public_resource', id);
  return found.value;
}
