import type { Host } from '../../../core/model/resources.ts';
import type { HostInput } from '../../../proto/gen/vpcast/v1/Host.ts';
import { timestamp } from '../time.ts';

export function presentHost(host: Host, vpcIds: readonly string[]): HostInput {
  const { cluster, topic } = host.lane;
  const { partition, slot, epoch } = host.member;
  return {
    id: host.id,
    name: host.name,
    vtepIp: host.vtepIp,
    macAddress: host.macAddress,
    zone: host.zone,
    labels: { ...host.labels },
    serves: [...host.serves],
    agentVersion: host.agentVersion,
    lane: { cluster, topic, partition, slot, epoch },
    createTime: timestamp(host.createdAtMs),
    updateTime: timestamp(host.updatedAtMs),
    vpcIds: [...vpcIds],
  };
}
