import { expect } from 'chai';
import { decodeRecord } from '../../../core/codec/records.ts';
import { decodeReportBody } from '../../../core/codec/report-body.ts';
import type { ScopeReport } from '../../../core/codec/report.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Vpc } from '../../../core/model/resources.ts';
import { transact } from '../../../core/store/transaction.ts';
import { startReports } from '../../../server/reports/start.ts';
import type { Reports } from '../../../server/reports/start.ts';
import { createVpc } from '../../../server/rpc/vpc/create-vpc.ts';
import { deleteVpc } from '../../../server/rpc/vpc/delete-vpc.ts';
import { getVpc } from '../../../server/rpc/vpc/get-vpc.ts';
import { updateVpc } from '../../../server/rpc/vpc/update-vpc.ts';
import { controlPlane, makeVpc, refused, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeHosts, makePort, planeWithVpc } from './port-fixture.ts';
import { ReportBox } from './report-fixture.ts';

const scope = scopes.vpc('v1');

describe('the multicast mode of a VPC', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane();
  });

  const stored = async (): Promise<Vpc['multicast']> => {
    const [record] = await plane.store.read(scope, [keys.vpc('v1')]);
    return record && decodeRecord<Vpc>(record)?.value.multicast;
  };
  const update = (multicastMode: 0 | 1 | 2, paths = ['multicast_mode']) =>
    updateVpc(plane.deps, request('UpdateVpc', { vpc: { id: 'v1', multicastMode }, updateMask: { paths } }));

  for (const [mode, wish] of [
    ['MULTICAST_MODE_UNSPECIFIED', undefined],
    ['MULTICAST_MODE_COPIES', 'copies'],
    ['MULTICAST_MODE_FAN_OUT', 'fan-out'],
  ] as const) {
    it(`is kept and shown as it was created: ${mode}`, async () => {
      const made = await createVpc(
        plane.deps,
        request('CreateVpc', { vpc: { id: 'v1', multicastMode: mode } }),
      );
      expect(made.multicastMode).to.equal(mode);
      expect((await getVpc(plane.deps, request('GetVpc', { id: 'v1' }))).multicastMode).to.equal(mode);
      expect(await stored()).to.equal(wish);
    });
  }

  it('can be changed, and given back to the platform, which wakes the dispatchers', async () => {
    await makeVpc(plane, 'v1', { name: 'kept' });
    for (const [mode, name, wish] of [
      [2, 'MULTICAST_MODE_FAN_OUT', 'fan-out'],
      [1, 'MULTICAST_MODE_COPIES', 'copies'],
      [0, 'MULTICAST_MODE_UNSPECIFIED', undefined],
    ] as const) {
      plane.woken.splice(0);
      const updated = await update(mode);
      expect(updated).to.include({ multicastMode: name, name: 'kept' });
      expect(await stored()).to.equal(wish);
      expect(plane.woken).to.deep.equal([scope]);
    }
  });

  it('is left alone by an update that does not name it', async () => {
    await makeVpc(plane, 'v1', { multicastMode: 2 });
    await update(1, ['name']);
    expect(await stored()).to.equal('fan-out');
  });

  it('is refused where it is none', async () => {
    const create = () =>
      createVpc(plane.deps, request('CreateVpc', { vpc: { id: 'v1', multicastMode: 9 as 1 } }));
    const bad = { code: 'invalid_argument', field: 'vpc.multicast_mode' } as const;
    await refused(plane, 'v1', create, bad);
    await makeVpc(plane);
    await refused(plane, 'v1', () => update(9 as 1), bad);
  });
});

describe('the fan-out lane of a VPC that is deleted', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane();
    await makeVpc(plane);
  });

  const topic = () => plane.clusters[0]?.admin.topicStats(plane.deps.topics.fanOut('v1'));
  const put = async (isThere: boolean): Promise<void> => {
    const { topics, clusters } = plane.deps;
    await clusters.get('home')?.admin.ensureTopic(topics.fanOut('v1'), 2, []);
    await transact(plane.store, scope, (tx) => {
      if (isThere) tx.put(keys.fanOutLane, { cluster: 'home', topic: topics.fanOut('v1'), partitions: 2 });
      else tx.remove(keys.fanOutLane);
      return Promise.resolve();
    });
  };

  for (const isThere of [true, false]) {
    it(`goes with its topic, ${isThere ? 'while it is there' : 'after it has ended'}`, async () => {
      await put(true);
      if (!isThere) await put(false);
      expect(await topic()).not.to.equal(undefined);
      await deleteVpc(plane.deps, request('DeleteVpc', { id: 'v1' }));
      expect(await topic()).to.equal(undefined);
      const [record] = await plane.store.read(scope, [keys.fanOutLane]);
      expect(record?.body).to.equal(undefined);
      await makeVpc(plane);
      expect(await topic()).to.equal(undefined);
    });
  }
});

describe('reports of hosts that read along', () => {
  let plane: ControlPlane;
  let box: ReportBox;
  let reports: Reports;
  beforeEach(async () => {
    plane = await planeWithVpc();
    await makeHosts(plane, 'h1');
    await makePort(plane, { id: 'p' }, { hostId: 'h1' });
    box = new ReportBox(plane);
    reports = startReports(plane.deps);
    await reports.joined;
  });
  afterEach(() => reports.drain());

  const say = async (part: Partial<ScopeReport>): Promise<void> => {
    await box.send('h1', { scopes: [await box.says(part)] });
    await box.settled();
  };
  const reading = async (): Promise<number | undefined> => {
    const report = await box.kept('h1');
    return report && decodeReportBody(report).reading;
  };

  it('are kept with what they read, until they read nothing', async () => {
    await say({ reading: 7 });
    expect(await reading()).to.equal(7);
    await say({ reading: 9 });
    expect(await reading()).to.equal(9);
    await say({});
    expect(await reading()).to.equal(undefined);
    expect(await box.works()).to.deep.equal([]);
  });

  it('have them sent what they lack, as often as they ask, once that is kept', async () => {
    for (const tail of [5, 5, 6]) await say({ reading: 7, tail });
    expect(await reading()).to.equal(7);
    expect(await box.works()).to.deep.equal(
      [5, 5, 6].map((tail) => ({ kind: 'tail', scope, host: 'h1', epoch: 1, tail })),
    );
  });

  it('have them sent a snapshot if they need one: what else they lack is in it', async () => {
    await say({ reading: 7, tail: 5, needsSnapshot: true });
    expect((await box.works()).map(({ kind }) => kind)).to.deep.equal(['resync']);
  });

  it('count at their present epoch only', async () => {
    await say({ reading: 7, tail: 5, epoch: 0 });
    expect(await reading()).to.equal(undefined);
    expect((await box.works()).filter(({ kind }) => kind === 'tail')).to.deep.equal([]);
  });
});
