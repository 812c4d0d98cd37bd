import { PlatformError, alreadyExists } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Subnet, Vpc } from '../../../core/model/resources.ts';
import { identify } from '../../../core/store/transaction.ts';
import type { CreateSubnetRequest } from '../../../proto/gen/vpcast/v1/CreateSubnetRequest.ts';
import type { SubnetInput } from '../../../proto/gen/vpcast/v1/Subnet.ts';
import { containsRange, overlap } from '../../addresses.ts';
import type { ServerDeps } from '../../deps.ts';
import { claimId, keepIds, mutate, need } from '../locate.ts';
import { narrowNewSubnet } from './narrow.ts';
import { presentSubnet } from './present.ts';
import { readSubnetIndex, writeSubnetIndex } from './subnet-index.ts';
import type { IndexedSubnet } from './subnet-index.ts';

export async function createSubnet(deps: ServerDeps, request: CreateSubnetRequest): Promise<SubnetInput> {
  const subnet = narrowNewSubnet(request, deps.clock());
  const { id, vpcId, cidr } = subnet;
  const identity = identify('CreateSubnet', request);
  const { result, revision } = await mutate(deps, scopes.vpc(vpcId), identity, async (tx) => {
    const vpc = await need<Vpc>(tx, 'vpc', vpcId);
    if ((await tx.get(keys.subnet(id))) !== undefined) throw alreadyExists('subnet', id);
    const others = await readSubnetIndex(tx);
    refuseMisfit(subnet, vpc.value, others);
    await claimId(deps, 'subnet', id, vpcId);
    tx.put(keys.subnet(id), subnet);
    writeSubnetIndex(tx, [...others, { id, cidr }]);
    return subnet;
  });
  await keepIds(deps, 'subnet', [id], vpcId);
  return presentSubnet({ value: result, revision });
}

function refuseMisfit({ cidr }: Subnet, vpc: Vpc, others: readonly IndexedSubnet[]): void {
  if (vpc.cidrs.length > 0 && !vpc.cidrs.some((range) => containsRange(range, cidr))) {
    throw misfit(`lies in none of the VPC's ranges, ${vpc.cidrs.join(', ')}`, 'vpc', vpc.id);
  }
  const other = others.find((subnet) => overlap(subnet.cidr, cidr));
  if (other !== undefined) {
    throw misfit(`overlaps subnet ${other.id} (${other.cidr})`, 'subnet', other.id);
  }
}

function misfit(description: string, type: string, id: string): PlatformError {
  return new PlatformError('failed_precondition', `subnet.cidr: ${description}`, {
    violations: [{ field: 'subnet.cidr', description }],
    resource: { type, id },
  });
}
