import { expect } from 'chai';
import { MAX_FAILURES } from '../../../core/codec/report.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import { deletePort } from '../../../server/rpc/port/delete-port.ts';
import { listPorts } from '../../../server/rpc/port/list-ports.ts';
import { migratePort } from '../../../server/rpc/port/migrate-port.ts';
import { unbindPort } from '../../../server/rpc/port/unbind-port.ts';
import { updatePort } from '../../../server/rpc/port/update-port.ts';
import { updateVpc } from '../../../server/rpc/vpc/update-vpc.ts';
import { controlPlane, makeVpc, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import {
  bindTo,
  makeHosts,
  makePort,
  memberOf,
  planeWithVpc,
  portById,
  report,
  revisionOf,
} from './port-fixture.ts';

describe('status of a port', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await planeWithVpc();
    await makeHosts(plane, 'h1', 'h2');
    await makePort(plane, { id: 'p' });
  });
  const status = async (): Promise<unknown> => (await portById(plane, 'p')).status;
  const rename = (name: string) =>
    updatePort(
      plane.deps,
      request('UpdatePort', { port: { id: 'p', name }, updateMask: { paths: ['name'] } }),
    );

  it('is ACTIVE only from the commit of the binding on', async () => {
    await makePort(plane, { id: 'other' });
    await bindTo(plane, 'other', 'h1');
    const bound = Number((await bindTo(plane, 'p', 'h1')).revision);
    await report(plane, 'h1', { revision: bound - 1 });
    expect(await status()).to.equal('APPLY_STATUS_DOWN');
    await report(plane, 'h1', { revision: bound });
    expect(await status()).to.equal('APPLY_STATUS_ACTIVE');
  });

  it('is not ACTIVE by a revision that was made while the binding was being written', async () => {
    // The host has another port, so it reports whatever else happens in the VPC before the binding is committed.
    await makePort(plane, { id: 'other' });
    await bindTo(plane, 'other', 'h1');
    const { store } = plane;
    const racing = {
      ...plane.deps,
      store: {
        ...store,
        commit: async (commit: Parameters<typeof store.commit>[0]) => {
          if (commit.writes.some(({ key }) => key === keys.port('p'))) {
            const vpc = { id: 'v1', name: `n${Math.random()}` };
            await updateVpc(plane.deps, request('UpdateVpc', { vpc, updateMask: { paths: ['name'] } }));
            await report(plane, 'h1');
          }
          return store.commit(commit);
        },
      },
    };
    const port = await bindTo({ ...plane, deps: racing }, 'p', 'h1');
    expect(port.status).to.equal('APPLY_STATUS_DOWN');
    expect(await status()).to.equal('APPLY_STATUS_DOWN');
    await report(plane, 'h1');
    expect(await status()).to.equal('APPLY_STATUS_ACTIVE');
  });

  it('stays ACTIVE while the port changes', async () => {
    await bindTo(plane, 'p', 'h1');
    await report(plane, 'h1');
    expect((await rename('a')).status).to.equal('APPLY_STATUS_ACTIVE');
    expect((await rename('b')).status).to.equal('APPLY_STATUS_ACTIVE');
  });

  it('is not made ACTIVE by the old host after a migration', async () => {
    await bindTo(plane, 'p', 'h1');
    await report(plane, 'h1');
    await migratePort(plane.deps, request('MigratePort', { portId: 'p', hostId: 'h2' }));
    expect(await status()).to.equal('APPLY_STATUS_DOWN');
    await report(plane, 'h1', { epoch: 1 });
    expect(await status()).to.equal('APPLY_STATUS_DOWN');
    await report(plane, 'h2');
    expect(await status()).to.equal('APPLY_STATUS_ACTIVE');
  });

  it('says of each host what it reported', async () => {
    await bindTo(plane, 'p', 'h1');
    await report(plane, 'h1');
    const prepared = await bindTo(plane, 'p', 'h2', { state: 'BINDING_STATE_INACTIVE' });
    expect(prepared.bindings?.map((binding) => binding.status)).to.deep.equal([
      'APPLY_STATUS_ACTIVE',
      'APPLY_STATUS_DOWN',
    ]);
    await report(plane, 'h2');
    const both = await portById(plane, 'p');
    expect(both.bindings?.map((binding) => binding.status)).to.deep.equal([
      'APPLY_STATUS_ACTIVE',
      'APPLY_STATUS_ACTIVE',
    ]);
    // Becoming active is news to the host.
    const migrated = await migratePort(plane.deps, request('MigratePort', { portId: 'p', hostId: 'h2' }));
    expect(migrated.status).to.equal('APPLY_STATUS_DOWN');
    await report(plane, 'h2');
    expect(await status()).to.equal('APPLY_STATUS_ACTIVE');
  });

  it('ignores reports of an earlier membership', async () => {
    await bindTo(plane, 'p', 'h1');
    await unbindPort(plane.deps, request('UnbindPort', { portId: 'p' }));
    await bindTo(plane, 'p', 'h1');
    expect((await memberOf(plane, 'h1'))?.epoch).to.equal(2);
    await report(plane, 'h1', { epoch: 1, revision: 1_000 });
    expect(await status()).to.equal('APPLY_STATUS_DOWN');
    await report(plane, 'h1', { epoch: 2 });
    expect(await status()).to.equal('APPLY_STATUS_ACTIVE');
  });

  it('is FAILED with the reason, until the host reports without the failure', async () => {
    await bindTo(plane, 'p', 'h1');
    const failed = { key: keys.port('p'), revision: await revisionOf(plane), reason: 'no such bridge' };
    await report(plane, 'h1', { failures: [{ key: keys.port('q'), revision: 9, reason: 'other' }, failed] });
    const port = await portById(plane, 'p');
    expect(port.status).to.equal('APPLY_STATUS_FAILED');
    expect(port.bindings?.[0]).to.include({ status: 'APPLY_STATUS_FAILED', reason: 'no such bridge' });
    await report(plane, 'h1');
    expect(await status()).to.equal('APPLY_STATUS_ACTIVE');
  });

  it('ignores a failure from before the binding', async () => {
    await bindTo(plane, 'p', 'h1', { state: 'BINDING_STATE_INACTIVE' });
    const old = { key: keys.port('p'), revision: await revisionOf(plane), reason: 'old' };
    await bindTo(plane, 'p', 'h1');
    await report(plane, 'h1', { failures: [old] });
    expect(await status()).to.equal('APPLY_STATUS_ACTIVE');
  });

  it('is not claimed to be ACTIVE where a host failed at more than is kept', async () => {
    await bindTo(plane, 'p', 'h1');
    const many = Array.from({ length: MAX_FAILURES + 1 }, (_, i) => ({
      key: keys.port(`x${i}`),
      revision: 1,
      reason: 'broken',
    }));
    await report(plane, 'h1', { failures: many });
    expect(await status()).to.equal('APPLY_STATUS_DOWN');
  });

  it('is DOWN without an active binding', async () => {
    await bindTo(plane, 'p', 'h1', { state: 'BINDING_STATE_INACTIVE' });
    await report(plane, 'h1');
    expect(await status()).to.equal('APPLY_STATUS_DOWN');
  });
});

describe('listing ports', () => {
  it('matches all filters, in pages, with the status of each port', async () => {
    const plane = await controlPlane({ hostsPerPartition: 100 });
    await makeVpc(plane, 'v1');
    await makeVpc(plane, 'v2');
    await makeHosts(plane, 'h1', 'h2');
    for (let i = 0; i < 12; i++) {
      const vpcId = i % 4 === 0 ? 'v2' : 'v1';
      const hostId = i % 2 === 0 ? 'h1' : 'h2';
      await makePort(plane, { id: `p${10 + i}`, vpcId, deviceId: i % 3 === 0 ? 'vm:1' : '' }, { hostId });
    }
    await deletePort(plane.deps, request('DeletePort', { id: 'p13' }));
    const list = async (filter: object): Promise<string[]> => {
      const ids: string[] = [];
      let pageToken = '';
      do {
        const page = await listPorts(plane.deps, request('ListPorts', { ...filter, pageSize: 2, pageToken }));
        ids.push(...(page.ports ?? []).map((port) => port.id ?? ''));
        pageToken = page.nextPageToken ?? '';
      } while (pageToken !== '');
      return ids;
    };
    expect(await list({ vpcId: 'v2' })).to.deep.equal(['p10', 'p14', 'p18']);
    expect(await list({ deviceId: 'vm:1' })).to.deep.equal(['p10', 'p16', 'p19']);
    expect(await list({ hostId: 'h2' })).to.deep.equal(['p11', 'p15', 'p17', 'p19', 'p21']);
    expect(await list({ hostId: 'h1', deviceId: 'vm:1' })).to.deep.equal(['p10', 'p16']);
    expect(await list({ vpcId: 'v2', hostId: 'h1', deviceId: 'vm:1' })).to.deep.equal(['p10']);
    expect(await list({ hostId: 'nobody' })).to.deep.equal([]);
    await report(plane, 'h2');
    const { ports } = await listPorts(
      plane.deps,
      request('ListPorts', { vpcId: 'v1', hostId: 'h2', pageSize: 1 }),
    );
    expect(ports?.[0]).to.include({ id: 'p11', status: 'APPLY_STATUS_ACTIVE' });
    await unbindPort(plane.deps, request('UnbindPort', { portId: 'p11' }));
    expect(await list({ hostId: 'h2' })).to.deep.equal(['p15', 'p17', 'p19', 'p21']);
    expect(await plane.store.catalog('ports@host/h2', '', 9)).to.deep.equal(['p15', 'p17', 'p19', 'p21']);
    expect((await plane.store.status(scopes.vpc('v1'))).revision).to.be.above(0);
  });
});
