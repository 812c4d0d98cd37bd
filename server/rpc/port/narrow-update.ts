import { invalid } from '../../../core/errors.ts';
import type { Port } from '../../../core/model/resources.ts';
import type { FieldMask } from '../../../proto/gen/google/protobuf/FieldMask.ts';
import type { Port as PortMessage } from '../../../proto/gen/vpcast/v1/Port.ts';
import { maskedChanges } from '../update-mask.ts';
import { narrowPort } from './narrow.ts';
import type { AddressWish } from './narrow.ts';

type Plain = Pick<
  Port,
  | 'name'
  | 'macAddress'
  | 'adminStateUp'
  | 'deviceId'
  | 'deviceOwner'
  | 'portSecurityEnabled'
  | 'securityGroupIds'
  | 'allowedAddressPairs'
  | 'labels'
>;

/** What an update says; a field that it does not name is absent. */
export type PortUpdate = Partial<Plain & { readonly fixedIps: readonly AddressWish[] }>;

export function narrowPortUpdate(message: PortMessage, path: string, mask: FieldMask | null): PortUpdate {
  const blank = blankPort(message);
  // Each field is narrowed by itself, since those that the mask does not name may hold anything.
  const only = (field: keyof PortMessage) => narrowPort({ ...blank, [field]: message[field] }, path);
  return maskedChanges<PortUpdate>(mask, {
    name: () => ({ name: only('name').name }),
    mac_address: () => {
      const { macAddress } = only('macAddress');
      if (macAddress === '') throw invalid(`${path}.mac_address`, 'must not be empty');
      return { macAddress };
    },
    fixed_ips: () => ({ fixedIps: only('fixedIps').fixedIps }),
    admin_state_down: () => ({ adminStateUp: only('adminStateDown').adminStateUp }),
    device_id: () => ({ deviceId: only('deviceId').deviceId }),
    device_owner: () => ({ deviceOwner: only('deviceOwner').deviceOwner }),
    port_security_disabled: () => ({ portSecurityEnabled: !message.portSecurityDisabled }),
    security_group_ids: () => ({ securityGroupIds: only('securityGroupIds').securityGroupIds }),
    allowed_address_pairs: () => ({ allowedAddressPairs: only('allowedAddressPairs').allowedAddressPairs }),
    labels: () => ({ labels: only('labels').labels }),
  });
}

function blankPort(message: PortMessage): PortMessage {
  return {
    ...message,
    ...{ projectId: '', name: '', macAddress: '', fixedIps: [], deviceId: '', deviceOwner: '' },
    ...{ adminStateDown: false, portSecurityDisabled: false },
    ...{ securityGroupIds: [], allowedAddressPairs: [], labels: {} },
  };
}
