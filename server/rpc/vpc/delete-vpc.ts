import { PlatformError } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Vpc } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { EmptyInput } from '../../../proto/gen/google/protobuf/Empty.ts';
import type { DeleteVpcRequest } from '../../../proto/gen/vpcast/v1/DeleteVpcRequest.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, requestId } from '../../fields.ts';
import { mutate, need } from '../locate.ts';
import { vpcCatalogs } from './catalogs.ts';
import { finishDeletedVpc } from './finish-deleted-vpc.ts';
import { removalKey } from './removal.ts';
import type { Removal } from './removal.ts';
import { removeContents } from './remove-contents.ts';

export async function deleteVpc(deps: ServerDeps, request: DeleteVpcRequest): Promise<EmptyInput> {
  const vpcId = id('id', request.id);
  requestId(request.requestId);
  const scope = scopes.vpc(vpcId);
  await mutate(deps, scope, identify('DeleteVpc', request), async (tx) => {
    const { value } = await need<Vpc>(tx, 'vpc', vpcId);
    const [ports = 0] = await deps.store.counters(scope, ['ports']);
    if (ports !== 0) {
      throw new PlatformError(
        'failed_precondition',
        `vpc ${JSON.stringify(vpcId)} still has ${ports} ports`,
        {
          resource: { type: 'vpc', id: vpcId },
        },
      );
    }
    await deps.store.enlist(vpcCatalogs.removed, vpcId);
    tx.expectCounter('ports', 0);
    tx.remove(keys.vpc(vpcId));
    await removeContents(deps.store, tx);
    const removal: Removal = { vni: value.vni, projectId: value.projectId };
    tx.put(removalKey, removal, { logged: false });
    return {};
  });
  try {
    await finishDeletedVpc(deps, vpcId);
  } catch (error) {
    deps.logger.warn('deleted VPC is not cleared away yet', { vpc: vpcId, error });
  }
  return {};
}
