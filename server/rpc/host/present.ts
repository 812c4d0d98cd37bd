import type { Host } from '../../../core/model/resources.ts';
import type { HostInput } from '../../../proto/gen/vpcast/v1/Host.ts';
import type { Presence } from '../../leases/presence.ts';
import { duration, timestamp } from '../time.ts';

export function presentHost(
  host: Host,
  vpcIds: readonly string[],
  { silentMs, isOffline }: Presence,
): HostInput {
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
    online: silentMs !== undefined && !isOffline,
    silence: duration(silentMs ?? 0),
  };
}
