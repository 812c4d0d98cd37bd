import { keys } from '../../../core/model/keys.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import { missing } from './errors.ts';

/** Every group that the ports name must be one of the VPC's. */
export async function needGroups(
  tx: Transaction,
  ports: readonly { readonly path: string; readonly securityGroupIds: readonly string[] }[],
): Promise<void> {
  const ids = [...new Set(ports.flatMap((port) => port.securityGroupIds))];
  const found = await tx.getMany(ids.map(keys.securityGroup));
  const absent = new Set(ids.filter((_id, i) => found[i] === undefined));
  for (const { path, securityGroupIds } of ports) {
    securityGroupIds.forEach((id, i) => {
      if (absent.has(id)) throw missing(`${path}.security_group_ids[${i}]`, 'security_group', id);
    });
  }
}
