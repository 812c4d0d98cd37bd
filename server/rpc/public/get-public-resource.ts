import { notFound } from '../../../core/errors.ts';
import type { GetPublicResourceRequest } from '../../../proto/gen/vpcast/v1/GetPublicResourceRequest.ts';
import type { PublicResourceInput } from '../../../proto/gen/vpcast/v1/PublicResource.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { presentPublic } from './present.ts';
import { findPublic } from './read.ts';

export async function getPublicResource(
  { store }: ServerDeps,
  request: GetPublicResourceRequest,
): Promise<PublicResourceInput> {
  const id = fields.id('id', request.id);
  const found = await findPublic(store, id);
  if (found === undefined) throw notFound('public_resource', id);
  return presentPublic(store, found);
}
