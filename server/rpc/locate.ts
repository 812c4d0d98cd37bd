/** Where a resource is, who may take an id, and the one way in which handlers change a scope. */
import { createHash, randomUUID } from 'node:crypto';
import { decodeRecord } from '../../core/codec/records.ts';
import type { Decoded } from '../../core/codec/records.ts';
import { PlatformError, alreadyExists, notFound } from '../../core/errors.ts';
import { keys, scopes } from '../../core/model/keys.ts';
import type { Vpc } from '../../core/model/resources.ts';
import type { RecordKey, Scope, Store } from '../../core/store/port.ts';
import { transact } from '../../core/store/transaction.ts';
import type { Committed, RequestIdentity, Transaction } from '../../core/store/transaction.ts';
import type { ServerDeps } from '../deps.ts';
import { id as narrowId } from '../fields.ts';

/** Kinds whose ids are unique in the region and point at a VPC. */
export type LocatedKind = 'subnet' | 'security-group' | 'route-table' | 'port';
export type ClaimKind = LocatedKind | 'vni' | 'vtep' | 'lane-block';

/** The kind as errors name it. */
const typeOf = (kind: string): string => kind.replaceAll('-', '_');

/** A claim whose resource is not there is void after this time; no call takes as long between claim and commit. */
const VOID_AFTER_MS = 60_000;

/**
 * Takes an id for an owner (a VPC, where nothing else is said) before the commit that makes the resource.
 * `already_exists` = another owner has a resource of that id; `aborted` = another call may be about to make one.
 * `exists` says whether the resource that a claim stands for is there.
 */
export async function claimId(
  deps: Pick<ServerDeps, 'store'>,
  kind: ClaimKind,
  id: string,
  owner: string,
  exists: (owner: string) => Promise<boolean> = (vpcId) =>
    recordExists(deps.store, scopes.vpc(vpcId), `${kind}/${id}`),
): Promise<void> {
  const { store } = deps;
  // Where the owner has it already, this begins its time anew: nobody takes it before this call has committed.
  const held = await store.claim(kind, id, owner);
  if (held.owner === owner) return;
  if (await exists(held.owner)) throw alreadyExists(typeOf(kind), id);
  if (held.ageMs < VOID_AFTER_MS) {
    throw new PlatformError(
      'aborted',
      `${typeOf(kind)} ${JSON.stringify(id)} is being made elsewhere; try again`,
    );
  }
  const taken = await store.claim(kind, id, owner, held);
  if (taken.owner !== owner) {
    throw new PlatformError('aborted', `${typeOf(kind)} ${JSON.stringify(id)} was just taken; try again`);
  }
}

/** The same where another id will do; false = it is not to be had. */
export async function tryClaim(...claim: Parameters<typeof claimId>): Promise<boolean> {
  try {
    await claimId(...claim);
    return true;
  } catch (error) {
    if (error instanceof PlatformError && (error.code === 'already_exists' || error.code === 'aborted')) {
      return false;
    }
    throw error;
  }
}

/**
 * After the commit that made resources of a VPC: a call that deleted earlier ones of these ids may have given the ids
 * back between the claim and the commit.
 */
export async function keepIds(
  deps: Pick<ServerDeps, 'store'>,
  kind: LocatedKind,
  ids: readonly string[],
  vpcId: string,
): Promise<void> {
  await Promise.all(ids.map((id) => deps.store.claim(kind, id, vpcId)));
}

/**
 * Gives an id back after the resource is gone; a failure is only logged, since the claim is void anyway. A call with a
 * request id keeps the claim: its repeat has to find the VPC where its answer is kept.
 */
export async function releaseIds(
  deps: Pick<ServerDeps, 'store' | 'logger'>,
  kind: LocatedKind,
  ids: readonly string[],
  vpcId: string,
  requestId: string,
): Promise<void> {
  if (requestId !== '') return;
  try {
    await Promise.all(ids.map((id) => deps.store.release(kind, id, vpcId)));
    const records = await deps.store.read(
      scopes.vpc(vpcId),
      ids.map((id): RecordKey => `${kind}/${id}`),
    );
    // Made again since it was deleted, see keepIds.
    const again = ids.filter((_id, i) => records[i]?.body !== undefined);
    await keepIds(deps, kind, again, vpcId);
  } catch (error) {
    deps.logger.warn('ids were not released', { kind, vpc: vpcId, error });
  }
}

/** The VPC that a resource of this id is in, or was in; the record itself decides whether it exists. */
export async function vpcOf(store: Store, kind: LocatedKind, id: string): Promise<string> {
  const [vpcId] = await store.owners(kind, [id]);
  if (vpcId === undefined) throw notFound(typeOf(kind), id);
  return vpcId;
}

/** Reads a resource without a transaction. */
export async function readResource<T>(store: Store, kind: LocatedKind, id: string): Promise<Decoded<T>> {
  const [record] = await store.read(scopes.vpc(await vpcOf(store, kind, id)), [`${kind}/${id}`]);
  const found = record && decodeRecord<T>(record);
  if (found === undefined) throw notFound(typeOf(kind), id);
  return found;
}

/** Reads a resource within a transaction, or says that it does not exist. */
export async function need<T>(tx: Transaction, kind: LocatedKind | 'vpc', id: string): Promise<Decoded<T>> {
  const found = await tx.get<T>(`${kind}/${id}`);
  if (found === undefined) throw notFound(typeOf(kind), id);
  return found;
}

/** Reads resources that a request refers to within a transaction, or names the first that does not exist. */
export async function needAll<T>(
  tx: Transaction,
  kind: LocatedKind,
  ids: readonly string[],
): Promise<Decoded<T>[]> {
  const found = await tx.getMany<T>(ids.map((id): RecordKey => `${kind}/${id}`));
  return ids.map((id, i) => found[i] ?? raise(notFound(typeOf(kind), id)));
}

export async function readVpc(store: Store, vpcId: string): Promise<Decoded<Vpc>> {
  const [record] = await store.read(scopes.vpc(vpcId), [keys.vpc(vpcId)]);
  const found = record && decodeRecord<Vpc>(record);
  if (found === undefined) throw notFound('vpc', vpcId);
  return found;
}

/**
 * A checked id, or a new one where the request has none. With a request id it is derived, so that a repeat of the call
 * makes the same resource; `index` tells the resources of one call apart.
 */
export function idFor(field: string, value: string, method: string, requestId: string, index = 0): string {
  if (value !== '') return narrowId(field, value);
  if (requestId === '') return randomUUID();
  const hash = createHash('sha256')
    .update(JSON.stringify([method, requestId, index]))
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * Changes a scope as one step. It is announced right before each commit, so that the sweep looks there whatever happens
 * after it and however long the body took; and woken after, if it wrote.
 */
export async function mutate<T>(
  deps: Pick<ServerDeps, 'store' | 'wake'>,
  scope: Scope,
  request: RequestIdentity | undefined,
  body: (tx: Transaction) => Promise<T>,
): Promise<Committed<T>> {
  const announcing = async (tx: Transaction): Promise<T> => {
    const result = await body(tx);
    if (!tx.empty) await deps.store.announce(scope);
    return result;
  };
  const committed = await transact(deps.store, scope, announcing, request);
  if (committed.wrote) deps.wake(scope, committed.urgent);
  return committed;
}

export async function recordExists(store: Store, scope: Scope, key: RecordKey): Promise<boolean> {
  const [record] = await store.read(scope, [key]);
  return record?.body !== undefined;
}

function raise(error: Error): never {
  throw error;
}
