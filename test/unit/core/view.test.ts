import { expect } from 'chai';
import type { Binding, Neighbor, Port } from '../../../core/model/resources.ts';
import { compileView, entryFor, isResource, project } from '../../../core/model/view.ts';
import type { RecordKey, StoredRecord } from '../../../core/store/port.ts';

const binding = (hostId: string, state: Binding['state']): Binding => ({
  ...{ hostId, state, vtepIp: `192.0.2.${hostId}`, vnicType: 'normal', profile: '{}', boundAfter: 3 },
});

const port = (bindings: readonly Binding[]): Port => ({
  id: 'p',
  vpcId: 'v',
  projectId: 'x',
  name: 'web',
  macAddress: '02:00:00:00:00:01',
  fixedIps: [
    { subnetId: 's4', ipAddress: '10.0.0.5' },
    { subnetId: 's6', ipAddress: '2001:db8::5' },
  ],
  adminStateUp: true,
  deviceId: 'vm',
  deviceOwner: 'compute:z',
  portSecurityEnabled: true,
  securityGroupIds: ['g1', 'g2'],
  allowedAddressPairs: [],
  bindings,
  labels: {},
  createdAtMs: 1,
  updatedAtMs: 2,
});

const record = (key: RecordKey, value: object | undefined, revision = 7): StoredRecord => ({
  key,
  revision,
  body: value === undefined ? undefined : JSON.stringify(value),
});

describe('view', () => {
  it('shows hosts the resources and nothing that serves to distribute them', () => {
    const shown = ['vpc/v', 'subnet/s', 'security-group/g', 'route-table/r', 'port/p', 'config/c'] as const;
    const hidden = [
      'member/h',
      'slot/0/5',
      'lane/copies',
      'address/s/10.0.0.5',
      'mac/02',
      'use/h',
      'portal/p',
    ] as const;
    expect(shown.filter(isResource)).to.deep.equal(shown);
    expect(hidden.filter(isResource)).to.deep.equal([]);
  });

  it('gives the whole port to every host it is bound on and a neighbour to the others', () => {
    const stored = record('port/p', port([binding('1', 'active'), binding('2', 'inactive')]));
    const projection = project(stored);
    expect([...projection.localHosts]).to.have.members(['1', '2']);
    expect(entryFor(projection, '1')).to.equal(stored);
    expect(entryFor(projection, '2')).to.equal(stored);
    const remote = entryFor(projection, '3');
    expect(remote).to.include({ key: 'port/p', revision: 7 });
    expect(JSON.parse(remote?.body ?? '')).to.deep.equal({
      kind: 'neighbor',
      id: 'p',
      macAddress: '02:00:00:00:00:01',
      ipAddresses: ['10.0.0.5', '2001:db8::5'],
      hostId: '1',
      vtepIp: '192.0.2.1',
      securityGroupIds: ['g1', 'g2'],
    } satisfies Neighbor);
  });

  it('takes a port without an active binding away from the others', () => {
    const projection = project(record('port/p', port([binding('2', 'inactive')])));
    expect(entryFor(projection, '2')?.body).to.be.a('string');
    expect(entryFor(projection, '3')).to.deep.equal({ key: 'port/p', revision: 7, body: undefined });
  });

  it('has one form only of a removed port and of everything else', () => {
    for (const stored of [record('port/p', undefined), record('subnet/s', { id: 's' })]) {
      const projection = project(stored);
      expect(projection.local).to.equal(stored);
      expect(projection.remote).to.equal(stored);
      expect(projection.localHosts.size).to.equal(0);
    }
  });

  it('is compiled of what exists for the host', () => {
    const records = [
      record('vpc/v', { id: 'v' }, 1),
      record('subnet/gone', undefined, 2),
      record('member/1', { hostId: '1' }, 3),
      record('port/near', port([binding('1', 'active')]), 4),
      record('port/far', port([binding('2', 'active')]), 5),
      record('port/nowhere', port([]), 6),
    ];
    const view = compileView(records, '1');
    expect([...view.keys()]).to.deep.equal(['vpc/v', 'port/near', 'port/far']);
    expect(view.get('port/near')).to.equal(records[3]);
    expect(view.get('port/far')?.body).to.contain('"neighbor"');
  });
});
