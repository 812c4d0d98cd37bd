import { identify } from '../../../core/store/transaction.ts';
import type { DeletePortsRequest } from '../../../proto/gen/vpcast/v1/DeletePortsRequest.ts';
import type { DeletePortsResponseInput } from '../../../proto/gen/vpcast/v1/DeletePortsResponse.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { deleteAll } from './delete.ts';
import { narrowIds, refuseRepeats } from './narrow.ts';

export async function deletePorts(
  deps: ServerDeps,
  request: DeletePortsRequest,
): Promise<DeletePortsResponseInput> {
  fields.requestId(request.requestId);
  const refs = narrowIds('ids', request.ids).map((portId, i) => ({ portId, portField: `ids[${i}]` }));
  refuseRepeats(refs.map(({ portId, portField }) => ({ id: portId, field: portField })));
  return deleteAll(deps, refs, identify('DeletePorts', request));
}
