import { expect } from 'chai';
import type { Binding, Port } from '../../../core/model/resources.ts';
import { isUrgent } from '../../../core/model/urgency.ts';

const active = (hostId: string): Binding => ({
  ...{ hostId, state: 'active', vtepIp: '', vnicType: 'normal', profile: '{}', boundAfter: 0 },
});

function port(of: Partial<Port> = {}): string {
  return JSON.stringify({
    ...{ id: 'p', name: '', bindings: [active('a')], securityGroupIds: ['g'], allowedAddressPairs: [] },
    ...{
      fixedIps: [{ subnetId: 's', ipAddress: '10.0.0.1' }],
      adminStateUp: true,
      portSecurityEnabled: true,
    },
    ...of,
  });
}

describe('urgency of a change', () => {
  const urgent = (after: Partial<Port>): boolean => isUrgent('port/p', port(), port(after));

  it('is that of what takes something away', () => {
    expect(isUrgent('subnet/s', '{}', undefined)).to.equal(true);
    expect(isUrgent('port/p', port(), undefined)).to.equal(true);
    expect(urgent({ bindings: [] })).to.equal(true);
    expect(urgent({ bindings: [active('b')] }), 'migrated').to.equal(true);
    expect(urgent({ fixedIps: [{ subnetId: 's', ipAddress: '10.0.0.2' }] })).to.equal(true);
    expect(urgent({ adminStateUp: false })).to.equal(true);
  });

  it('is that of whatever may tighten the rules', () => {
    expect(isUrgent('security-group/g', '{}', '{}')).to.equal(true);
    expect(urgent({ securityGroupIds: ['g', 'h'] })).to.equal(true);
    expect(urgent({ portSecurityEnabled: false })).to.equal(true);
  });

  it('is not that of what is new, or only more', () => {
    expect(isUrgent('port/p', undefined, port())).to.equal(false);
    expect(isUrgent('security-group/g', undefined, '{}')).to.equal(false);
    expect(isUrgent('config/c', '{}', '{"a":1}')).to.equal(false);
    expect(urgent({ name: 'other' })).to.equal(false);
    expect(urgent({ bindings: [active('a'), { ...active('b'), state: 'inactive' }] })).to.equal(false);
    expect(isUrgent('port/p', port({ bindings: [] }), port()), 'bound').to.equal(false);
  });
});
