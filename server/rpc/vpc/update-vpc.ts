import { PlatformError } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Vpc } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import type { UpdateVpcRequest } from '../../../proto/gen/vpcast/v1/UpdateVpcRequest.ts';
import type { VpcInput } from '../../../proto/gen/vpcast/v1/Vpc.ts';
import { containsRange } from '../../addresses.ts';
import type { ServerDeps } from '../../deps.ts';
import { id, present, requestId } from '../../fields.ts';
import { mutate, need } from '../locate.ts';
import { readSubnetIndex } from '../subnet/subnet-index.ts';
import { maskedChanges } from '../update-mask.ts';
import { vpcFields } from './narrow.ts';
import { presentVpc } from './present.ts';

export async function updateVpc(deps: ServerDeps, request: UpdateVpcRequest): Promise<VpcInput> {
  const given = present('vpc', request.vpc);
  const vpcId = id('vpc.id', given.id);
  requestId(request.requestId);
  const changes = maskedChanges<Vpc>(request.updateMask, vpcFields(given));
  const identity = identify('UpdateVpc', request);
  const { result, revision } = await mutate(deps, scopes.vpc(vpcId), identity, async (tx) => {
    const { value } = await need<Vpc>(tx, 'vpc', vpcId);
    if (changes.cidrs !== undefined) await refuseMisfits(tx, changes.cidrs);
    const vpc: Vpc = { ...value, ...changes, updatedAtMs: deps.clock() };
    tx.put(keys.vpc(vpcId), vpc);
    return vpc;
  });
  return presentVpc({ value: result, revision });
}

async function refuseMisfits(tx: Transaction, cidrs: readonly string[]): Promise<void> {
  if (cidrs.length === 0) return;
  const subnets = await readSubnetIndex(tx);
  const misfit = subnets.find(({ cidr }) => !cidrs.some((range) => containsRange(range, cidr)));
  if (misfit === undefined) return;
  const description = `subnet ${misfit.id} (${misfit.cidr}) would lie outside`;
  throw new PlatformError('failed_precondition', `vpc.cidrs: ${description}`, {
    violations: [{ field: 'vpc.cidrs', description }],
    resource: { type: 'subnet', id: misfit.id },
  });
}
