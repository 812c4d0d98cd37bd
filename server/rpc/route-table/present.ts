import type { Decoded } from '../../../core/codec/records.ts';
import type { RouteTable } from '../../../core/model/resources.ts';
import type { RouteTableInput } from '../../../proto/gen/vpcast/v1/RouteTable.ts';
import { timestamp } from '../time.ts';

export function presentRouteTable({
  value,
  revision,
}: Pick<Decoded<RouteTable>, 'value' | 'revision'>): RouteTableInput {
  return {
    id: value.id,
    vpcId: value.vpcId,
    projectId: value.projectId,
    name: value.name,
    subnetIds: [...value.subnetIds],
    routes: value.routes.map((route) => ({ ...route })),
    labels: { ...value.labels },
    revision,
    createTime: timestamp(value.createdAtMs),
    updateTime: timestamp(value.updatedAtMs),
  };
}
