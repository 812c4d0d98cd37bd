import { decodeRecord } from '../../core/codec/records.ts';
import { splitKey } from '../../core/model/keys.ts';
import type { Port, SecurityGroup } from '../../core/model/resources.ts';
import { isResource } from '../../core/model/view.ts';
import type { StoredRecord } from '../../core/store/port.ts';
import type { Cell } from './ledger.ts';

/** Kinds that the workload writes; each version of a resource is told by its name. */
export type NamedKind = 'vpc' | 'subnet' | 'security-group' | 'route-table' | 'port';

export const cells = {
  resource: (vpcId: string, kind: NamedKind, id: string): Cell => `${vpcId} ${kind}/${id}`,
  /** The host where the port is active; '' = nowhere. */
  binding: (vpcId: string, portId: string): Cell => `${vpcId} binding/${portId}`,
  rule: (vpcId: string, groupId: string, ruleId: string): Cell => `${vpcId} rule/${groupId}/${ruleId}`,
};

/** The value of a rule's cell: rules are never changed. */
export const RULE = 'rule';

/** What a VPC's records say, cell by cell. */
export function cellsOf(vpcId: string, records: Iterable<StoredRecord>): Map<Cell, string> {
  const found = new Map<Cell, string>();
  for (const record of records) {
    if (!isResource(record.key)) continue;
    const { kind, id } = splitKey(record.key);
    const resource = decodeRecord<{ name: string }>(record);
    if (resource === undefined) continue;
    found.set(`${vpcId} ${record.key}`, resource.value.name);
    if (kind === 'port') {
      const active = decodeRecord<Port>(record)?.value.bindings.find(({ state }) => state === 'active');
      found.set(cells.binding(vpcId, id), active?.hostId ?? '');
    } else if (kind === 'security-group') {
      const rules = decodeRecord<SecurityGroup>(record)?.value.rules ?? [];
      for (const rule of rules) found.set(cells.rule(vpcId, id, rule.id), RULE);
    }
  }
  return found;
}
