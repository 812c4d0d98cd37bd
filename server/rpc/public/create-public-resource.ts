import { alreadyExists } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Lane, PublicResource } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { CreatePublicResourceRequest } from '../../../proto/gen/vpcast/v1/CreatePublicResourceRequest.ts';
import type { PublicResourceInput } from '../../../proto/gen/vpcast/v1/PublicResource.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { narrowKind } from '../host/narrow.ts';
import { idFor, mutate } from '../locate.ts';
import { publicCatalogs } from './catalogs.ts';
import { narrowContents } from './narrow.ts';
import { presentPublic } from './present.ts';
import { publicLane, writeLane } from './public-lane.ts';

export async function createPublicResource(
  deps: ServerDeps,
  request: CreatePublicResourceRequest,
): Promise<PublicResourceInput> {
  const { store } = deps;
  const requestId = fields.requestId(request.requestId);
  const message = fields.present('resource', request.resource);
  const id = idFor('resource.id', message.id, 'CreatePublicResource', requestId);
  const kind = narrowKind('resource.kind', message.kind);
  const projectId = fields.optionalId('resource.project_id', message.projectId);
  const contents = narrowContents(message);
  const scope = scopes.public(id);
  const identity = identify('CreatePublicResource', request);
  let lane: Lane | undefined;
  const { result, revision } = await mutate(deps, scope, identity, async (tx) => {
    if ((await tx.get(keys.public(id))) !== undefined) throw alreadyExists('public_resource', id);
    lane ??= await prepare(deps, id, kind);
    const nowMs = deps.clock();
    const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
    const resource: PublicResource = { id, projectId, kind, ...contents, lane, ...times };
    writeLane(tx, lane);
    tx.put(keys.public(id), resource);
    return resource;
  });
  return presentPublic(store, { key: keys.public(id), revision, value: result });
}

/** Everything that has to be there before the registry shows the resource. */
async function prepare(deps: ServerDeps, id: string, kind: string): Promise<Lane> {
  const { store } = deps;
  const lane = await publicLane(deps, kind);
  await Promise.all([store.enlist(publicCatalogs.all, id), store.enlist(publicCatalogs.kind(kind), id)]);
  return lane;
}
