import { expect } from 'chai';
import { scopes } from '../../../core/model/keys.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import { createPort } from '../../../server/rpc/port/create-port.ts';
import { createPorts } from '../../../server/rpc/port/create-ports.ts';
import { deletePort } from '../../../server/rpc/port/delete-port.ts';
import { deletePorts } from '../../../server/rpc/port/delete-ports.ts';
import { updatePort } from '../../../server/rpc/port/update-port.ts';
import { createSecurityGroup } from '../../../server/rpc/security-group/create-security-group.ts';
import { controlPlane, failure, makeVpc, refused, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import {
  bindTo,
  makeHosts,
  makePort,
  makePorts,
  makeSubnet,
  planeWithVpc,
  portById,
  revisionOf,
  storedPort,
  useOf,
} from './port-fixture.ts';

const ipsOf = (ports: readonly PortInput[]): string[] =>
  ports.flatMap((port) => (port.fixedIps ?? []).map((ip) => ip.ipAddress ?? ''));

const counters = (plane: ControlPlane, ...names: string[]): Promise<number[]> =>
  plane.store.counters(scopes.vpc('v1'), names);

describe('creating ports', () => {
  it('fills in what the request leaves open', async () => {
    const plane = await planeWithVpc();
    const port = await makePort(plane);
    expect(port.id).to.match(/^[0-9a-f-]{36}$/);
    expect(port.macAddress).to.match(/^02(:[0-9a-f]{2}){5}$/);
    expect(port.fixedIps).to.have.lengthOf(1);
    expect(port).to.deep.include({
      status: 'APPLY_STATUS_DOWN',
      bindings: [],
      portSecurityDisabled: false,
      revision: 3,
    });
    expect(await portById(plane, port.id ?? '')).to.deep.equal(port);
    expect(plane.woken.at(-1)).to.equal('vpc/v1');
    expect(await counters(plane, 'ports', 'subnet-ports/s1')).to.deep.equal([1, 1]);
  });

  it('has no address in a VPC without a subnet, and none of a pool’s gateway', async () => {
    const plane = await controlPlane();
    await makeVpc(plane);
    expect((await makePort(plane)).fixedIps).to.deep.equal([]);
    await makeSubnet(plane, 's1', '10.0.0.0/30');
    expect(ipsOf([await makePort(plane)])).to.deep.equal(['10.0.0.2']);
  });

  it('takes the subnet that an address lies in, and the first one for a port without a wish', async () => {
    const plane = await planeWithVpc();
    plane.now += 1;
    await makeSubnet(plane, 'a-later', '10.0.1.0/24');
    const port = await makePort(plane, { fixedIps: [{ ipAddress: '10.0.1.9' }, { subnetId: 's1' }] });
    expect(port.fixedIps?.map((ip) => ip.subnetId)).to.deep.equal(['a-later', 's1']);
    expect((await makePort(plane)).fixedIps?.[0]?.subnetId).to.equal('s1');
  });

  it('gives 100 concurrent calls different addresses of a /25', async () => {
    const plane = await planeWithVpc('10.0.0.0/25');
    const ports = await Promise.all(Array.from({ length: 100 }, () => makePort(plane)));
    expect(new Set(ipsOf(ports))).to.have.lengthOf(100);
    expect(await counters(plane, 'ports', 'subnet-ports/s1')).to.deep.equal([100, 100]);
  });

  it('fills a subnet to the last address and then names it', async () => {
    const plane = await planeWithVpc('10.0.0.0/26');
    const ports = await makePorts(plane, ...Array.from({ length: 61 }, () => ({})));
    expect(new Set(ipsOf(ports))).to.have.lengthOf(61);
    const expected = {
      code: 'resource_exhausted',
      field: 'port.fixed_ips[0].ip_address',
      resource: { type: 'subnet', id: 's1' },
    } as const;
    await refused(plane, 'v1', () => makePort(plane, { fixedIps: [{ subnetId: 's1' }] }), expected);
    await deletePort(plane.deps, request('DeletePort', { id: ports[30]?.id ?? '' }));
    expect(ipsOf([await makePort(plane)])).to.deep.equal([ipsOf(ports)[30]]);
  });

  it('finds addresses quickly where 50,000 are used', async () => {
    const plane = await planeWithVpc('10.0.0.0/16');
    for (let i = 0; i < 50; i++) await makePorts(plane, ...Array.from({ length: 1_000 }, () => ({})));
    const one = request('CreatePort', { port: { vpcId: 'v1' } });
    const startedMs = performance.now();
    const ports = await Promise.all(Array.from({ length: 100 }, () => createPort(plane.deps, one)));
    expect(performance.now() - startedMs).to.be.below(1_000);
    expect(new Set(ipsOf(ports))).to.have.lengthOf(100);
  }).timeout(60_000);

  it('lets exactly one of many calls have an address, and one a MAC', async () => {
    const plane = await planeWithVpc();
    const wishes = [{ fixedIps: [{ ipAddress: '10.0.0.9' }] }, { macAddress: '02:00:00:00:00:05' }];
    for (const wish of wishes) {
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => makePort(plane, wish)));
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).to.have.lengthOf(1);
      const errors = outcomes.filter((outcome) => outcome.status === 'rejected');
      for (const { reason } of errors) expect(reason).to.include({ code: 'already_exists' });
    }
    expect(await counters(plane, 'ports')).to.deep.equal([2]);
  });

  it('answers a repeat of a request id like the first time, and refuses other contents', async () => {
    const plane = await planeWithVpc();
    await makeHosts(plane, 'h1');
    const call = (name: string) => makePort(plane, { name }, { requestId: 'r1', hostId: 'h1' });
    const first = await call('a');
    expect(await call('a')).to.deep.equal(first);
    expect((await failure(() => call('b'))).violations[0]?.field).to.equal('request_id');
    await deletePort(plane.deps, request('DeletePort', { id: first.id ?? '', requestId: 'r2' }));
    expect(
      await deletePort(plane.deps, request('DeletePort', { id: first.id ?? '', requestId: 'r2' })),
    ).to.deep.equal({});
    expect((await call('a')).id).to.equal(first.id);
    expect(await counters(plane, 'ports')).to.deep.equal([0]);
  });

  it('makes all ports of a list in one revision, bound where they say so', async () => {
    const plane = await planeWithVpc();
    await makeHosts(plane, 'h1', 'h2');
    const before = await revisionOf(plane);
    const requests = [{ hostId: 'h1' }, { hostId: 'h2' }, { hostId: 'h1' }, {}].map((rest) => ({
      port: { vpcId: 'v1' },
      ...rest,
    }));
    const { ports = [] } = await createPorts(plane.deps, request('CreatePorts', { requests }));
    expect(ports.map((port) => port.revision)).to.deep.equal(Array(4).fill(before + 1));
    expect(ports.map((port) => port.bindings?.[0]?.hostId)).to.deep.equal(['h1', 'h2', 'h1', undefined]);
    expect(await useOf(plane, 'h1')).to.deep.equal({ bindings: 2, epoch: 1, groups: {} });
  });

  it('counts the ports of a group once each', async () => {
    const plane = await planeWithVpc();
    for (const id of ['g1', 'g2']) {
      await createSecurityGroup(
        plane.deps,
        request('CreateSecurityGroup', { securityGroup: { id, vpcId: 'v1' } }),
      );
    }
    const [one, two] = await makePorts(
      plane,
      { securityGroupIds: ['g1', 'g2'] },
      { securityGroupIds: ['g1'] },
    );
    expect(await counters(plane, 'group-ports/g1', 'group-ports/g2')).to.deep.equal([2, 1]);
    const update = {
      port: { id: one?.id ?? '', securityGroupIds: ['g2'] },
      updateMask: { paths: ['security_group_ids'] },
    };
    await updatePort(plane.deps, request('UpdatePort', update));
    expect(await counters(plane, 'group-ports/g1', 'group-ports/g2')).to.deep.equal([1, 1]);
    const { revision } = await deletePorts(
      plane.deps,
      request('DeletePorts', { ids: [one?.id ?? '', two?.id ?? ''] }),
    );
    expect(revision).to.equal(await revisionOf(plane));
    expect(
      await counters(plane, 'ports', 'group-ports/g1', 'group-ports/g2', 'subnet-ports/s1'),
    ).to.deep.equal([0, 0, 0, 0]);
  });

  it('has port security unless the VPC has none and the port names no group', async () => {
    const plane = await planeWithVpc();
    await makeVpc(plane, 'open', { portSecurityDisabled: true });
    await createSecurityGroup(
      plane.deps,
      request('CreateSecurityGroup', { securityGroup: { id: 'g', vpcId: 'open' } }),
    );
    const disabled = async (port: Parameters<typeof makePort>[1]) =>
      (await makePort(plane, port)).portSecurityDisabled;
    expect(await disabled({})).to.equal(false);
    expect(await disabled({ portSecurityDisabled: true })).to.equal(true);
    expect(await disabled({ vpcId: 'open' })).to.equal(true);
    expect(await disabled({ vpcId: 'open', securityGroupIds: ['g'] })).to.equal(false);
  });
});

describe('updating ports', () => {
  it('moves addresses and the MAC, frees the former ones, and keeps what is asked for again', async () => {
    const plane = await planeWithVpc();
    await makePort(plane, {
      id: 'p',
      macAddress: '02:00:00:00:00:01',
      fixedIps: [{ ipAddress: '10.0.0.5' }, { ipAddress: '10.0.0.6' }],
    });
    const update = (port: object, ...paths: string[]) =>
      updatePort(plane.deps, request('UpdatePort', { port: { id: 'p', ...port }, updateMask: { paths } }));
    const moved = await update(
      { fixedIps: [{ ipAddress: '10.0.0.6' }, { ipAddress: '10.0.0.7' }] },
      'fixed_ips',
    );
    expect(ipsOf([moved])).to.deep.equal(['10.0.0.6', '10.0.0.7']);
    expect(ipsOf([await update({ fixedIps: [{ subnetId: 's1' }] }, 'fixed_ips')])).to.deep.equal([
      '10.0.0.6',
    ]);
    await update({ macAddress: '02:00:00:00:00:02' }, 'mac_address');
    await makePort(plane, {
      macAddress: '02:00:00:00:00:01',
      fixedIps: [{ ipAddress: '10.0.0.5' }, { ipAddress: '10.0.0.7' }],
    });
    expect(ipsOf([await update({ fixedIps: [] }, 'fixed_ips')])).to.deep.equal([]);
    expect(await counters(plane, 'subnet-ports/s1')).to.deep.equal([2]);
  });

  it('writes nothing when nothing is different, and leaves bindings alone', async () => {
    const plane = await planeWithVpc();
    await makeHosts(plane, 'h1');
    await makePort(plane, { id: 'p', name: 'n' });
    await bindTo(plane, 'p', 'h1');
    const before = await portById(plane, 'p');
    const same = { port: { id: 'p', name: 'n' }, updateMask: { paths: ['name'] } };
    expect(await updatePort(plane.deps, request('UpdatePort', same))).to.deep.equal(before);
    expect(await revisionOf(plane)).to.equal(before.revision);
    const other = {
      port: { id: 'p', name: 'm', adminStateDown: true },
      updateMask: { paths: ['name', 'admin_state_down'] },
    };
    const after = await updatePort(plane.deps, request('UpdatePort', other));
    expect(after).to.deep.include({ name: 'm', adminStateDown: true, bindings: before.bindings });
    expect((await storedPort(plane, 'p'))?.bindings[0]?.boundAfter).to.equal(Number(before.revision) - 1);
  });
});
