import { invalid } from '../../../core/errors.ts';
import type { Host } from '../../../core/model/resources.ts';
import type { Host as HostMessage } from '../../../proto/gen/vpcast/v1/Host.ts';
import * as fields from '../../fields.ts';

/** What a host says of itself. */
export type HostDraft = Pick<
  Host,
  'id' | 'name' | 'vtepIp' | 'macAddress' | 'zone' | 'labels' | 'serves' | 'agentVersion'
>;

/** Registering makes a topic for each. */
const MAX_KINDS = 32;
const KIND = /^[a-z][a-z0-9-]{0,31}$/;

export function narrowHost(message: HostMessage | null): HostDraft {
  const host = fields.present('host', message);
  if (host.serves.length > MAX_KINDS) throw invalid('host.serves', `must have at most ${MAX_KINDS} entries`);
  return {
    id: fields.id('host.id', host.id),
    name: fields.text('host.name', host.name),
    vtepIp: fields.ip('host.vtep_ip', host.vtepIp),
    macAddress: host.macAddress === '' ? '' : fields.mac('host.mac_address', host.macAddress),
    zone: fields.text('host.zone', host.zone),
    labels: fields.labels('host.labels', host.labels),
    serves: [...new Set(host.serves.map((kind, i) => narrowKind(`host.serves[${i}]`, kind)))],
    agentVersion: fields.text('host.agent_version', host.agentVersion),
  };
}

/** Kind of a public resource. */
export function narrowKind(field: string, kind: string): string {
  if (!KIND.test(kind)) throw invalid(field, 'must match [a-z][a-z0-9-]{0,31}');
  return kind;
}
