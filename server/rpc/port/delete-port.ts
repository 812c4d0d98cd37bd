import { identify } from '../../../core/store/transaction.ts';
import type { EmptyInput } from '../../../proto/gen/google/protobuf/Empty.ts';
import type { DeletePortRequest } from '../../../proto/gen/vpcast/v1/DeletePortRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { deleteAll } from './delete.ts';

export async function deletePort(deps: ServerDeps, request: DeletePortRequest): Promise<EmptyInput> {
  fields.requestId(request.requestId);
  const ref = { portId: fields.id('id', request.id), portField: 'id' };
  await deleteAll(deps, [ref], identify('DeletePort', request));
  return {};
}
