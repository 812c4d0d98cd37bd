import { expect } from 'chai';
import { decodeRecord } from '../../../core/codec/records.ts';
import { decodeReportBody } from '../../../core/codec/report-body.ts';
import { MAX_FAILURES } from '../../../core/codec/report.ts';
import type { HostReport, ScopeReport } from '../../../core/codec/report.ts';
import { PlatformError } from '../../../core/errors.ts';
import type { IncomingMessage } from '../../../core/messaging/port.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Assignment, Member, SlotHolder } from '../../../core/model/resources.ts';
import { endMembership } from '../../../core/placement/leaving.ts';
import type { Scope } from '../../../core/store/port.ts';
import { transact } from '../../../core/store/transaction.ts';
import { startReports } from '../../../server/reports/start.ts';
import type { Reports } from '../../../server/reports/start.ts';
import { deletePort } from '../../../server/rpc/port/delete-port.ts';
import { unbindPort } from '../../../server/rpc/port/unbind-port.ts';
import { deleteVpc } from '../../../server/rpc/vpc/delete-vpc.ts';
import { finishVpcs } from '../../../server/rpc/vpc/unfinished.ts';
import { eventually } from '../../support/eventually.ts';
import { intercept } from '../../support/intercept.ts';
import { failure, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { bindTo, makeHosts, makePort, memberOf, planeWithVpc, portById, revisionOf } from './port-fixture.ts';
import { ReportBox } from './report-fixture.ts';

const scope = scopes.vpc('v1');

describe('reports of hosts', () => {
  let plane: ControlPlane;
  let box: ReportBox;
  let reports: Reports;
  beforeEach(async () => {
    plane = await planeWithVpc();
    await makeHosts(plane, 'h1', 'h2');
    await makePort(plane, { id: 'p' }, { hostId: 'h1' });
    box = new ReportBox(plane);
    reports = startReports(plane.deps);
    await reports.joined;
  });
  afterEach(() => reports.drain());

  const home = () => plane.clusters[0]!;
  const send = (host: string, parts: Partial<HostReport>) => box.send(host, parts);
  const says = (changes: Partial<ScopeReport> = {}) => box.says(changes);
  const kept = (host: string, of?: Scope) => box.kept(host, of);
  const settled = () => box.settled();

  it('make a port ACTIVE, or FAILED with a reason', async () => {
    await send('h1', { scopes: [await says()] });
    await settled();
    expect((await portById(plane, 'p')).status).to.equal('APPLY_STATUS_ACTIVE');
    const failures = [{ key: keys.port('p'), revision: await revisionOf(plane), reason: 'x'.repeat(2_000) }];
    await send('h1', { scopes: [await says({ failures })] });
    await settled();
    const port = await portById(plane, 'p');
    expect(port.bindings?.[0]).to.deep.include({ status: 'APPLY_STATUS_FAILED', reason: 'x'.repeat(500) });
  });

  it('are kept only of members at their present epoch, and of a host’s own scope', async () => {
    await send('h2', {
      scopes: [
        await says({ epoch: 0 }),
        await says({ scope: 'host/h2', revision: 1 }),
        await says({ scope: 'host/h1', revision: 1 }),
      ],
    });
    await send('h1', { scopes: [await says({ epoch: 0 }), await says({ scope: 'lane/home' })] });
    await settled();
    expect([await kept('h1'), await kept('h2'), await kept('h2', 'host/h1')]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await kept('h1', 'lane/home')).to.equal(undefined);
    expect(await kept('h2', 'host/h2')).to.include({ epoch: 1 });
  });

  it('are taken in order of each host, however many come', async () => {
    for (let n = 0; n < 500; n++) {
      await transact(plane.store, scope, (tx) => {
        tx.put(keys.config('n'), { n });
        return Promise.resolve();
      });
    }
    for (let i = 1; i <= 500; i++) {
      await send('h1', { scopes: [await says({ revision: i % 7 })] });
      await send('h1', { scopes: [await says({ revision: i })] });
    }
    await settled();
    expect(await kept('h1')).to.include({ revision: 500 });
    expect(reports.counts).to.include({ received: 1_000, malformed: 0, failed: 0 });
  });

  it('keep a bounded list of failures and say so', async () => {
    const failures = Array.from({ length: MAX_FAILURES + 5 }, (_, i) => ({
      key: keys.port(`x${i}`),
      revision: 1,
      reason: 'r',
    }));
    await send('h1', { scopes: [await says({ failures })] });
    await settled();
    const body = decodeReportBody((await kept('h1'))!);
    expect(body.failures).to.have.lengthOf(MAX_FAILURES);
    expect(body.complete).to.equal(false);
  });

  it('take one call of the store where they go on from one that was kept', async () => {
    await reports.drain();
    const calls: string[] = [];
    const store = intercept(plane.store, (method, call, [of]) => {
      if (of === scope || of === 'host/h1') calls.push(method);
      return call();
    });
    reports = startReports({ ...plane.deps, store });
    const parts = [await says(), await says({ scope: 'host/h1', revision: 1 })];
    await send('h1', { scopes: parts });
    await settled();
    expect(calls).to.include.members(['status', 'putReport']);
    calls.length = 0;
    const failures = [{ key: keys.port('p'), revision: 1, reason: 'r' }];
    await send('h1', { scopes: parts });
    await send('h1', { scopes: parts.map((part) => ({ ...part, failures })) });
    await settled();
    expect(calls).to.deep.equal(Array.from({ length: 4 }, () => 'renewReport'));
    expect(decodeReportBody((await kept('h1'))!).failures).to.deep.equal(failures);
  });

  it('that are malformed are counted and acknowledged', async () => {
    await box.publish('h1', Buffer.from('{'));
    await box.publish('h1', Buffer.from('{"host":"h1"}'));
    await send('~1/../h1', {});
    await send('h1', { scopes: [await says()] });
    await settled();
    expect(reports.counts).to.include({ received: 4, malformed: 3 });
    expect(await kept('h1')).not.to.equal(undefined);
  });

  it('that ask for a snapshot pass the wish on, and take back what the host has lost', async () => {
    await send('h1', { scopes: [await says()] });
    await send('h1', { scopes: [await says({ revision: 0, needsSnapshot: true })] });
    await send('h2', {
      scopes: [
        await says({ needsSnapshot: true }),
        await says({ scope: 'host/h2', revision: 1, needsSnapshot: true }),
      ],
    });
    await settled();
    expect(await box.works()).to.have.deep.members([
      { kind: 'resync', scope, host: 'h1', epoch: 1 },
      { kind: 'resync', scope: 'host/h2', host: 'h2', epoch: 1 },
    ]);
    expect((await portById(plane, 'p')).status).to.equal('APPLY_STATUS_DOWN');
  });

  it('that are malformed are put aside with the reason', async () => {
    const letters: IncomingMessage[] = [];
    const { deadLetters } = plane.deps.topics;
    await home().admin.ensureTopic(deadLetters, 1, ['test']);
    await box.publish('h1', Buffer.from('{'));
    await settled();
    const subscription = await home().bus.subscribeGroup({
      ...{ topic: deadLetters, partitions: 1, subscription: 'test', consumerName: 'test', order: 'by-key' },
      handler: (message) => Promise.resolve(void letters.push(message)),
    });
    await eventually(() => {
      expect(letters.map(({ payload }) => payload.toString())).to.deep.equal(['{']);
    });
    expect(letters[0]?.properties).to.include({ lane: 'status', reason: 'report that is not JSON' });
    await subscription.close();
  });

  it('show that their hosts are there, also when they say nothing', async () => {
    await plane.store.advanceLeaseClock(0, 5_000);
    await send('h1', {});
    await send('h2', { scopes: [await says()] });
    await eventually(async () => {
      expect(await plane.store.heard(['h1', 'h2', 'h3'])).to.deep.equal([5_000, 5_000, undefined]);
    });
  });

  it('of hosts that are behind have the VPC looked at, once for many', async () => {
    const hosts = Array.from({ length: 20 }, (_, n) => `b${n}`);
    await makeHosts(plane, 'h1', 'h2', ...hosts);
    for (const hostId of hosts) await makePort(plane, {}, { hostId });
    const { token } = await plane.store.beginDispatch(scope);
    const dispatched = await revisionOf(plane);
    const sent = new Map([...hosts.map((host) => [host, 3] as const), ['h1', dispatched]]);
    await plane.store.advance({ scope, token, dispatched, sent, sentAll: dispatched });
    await send('h1', { scopes: [await says()] });
    await settled();
    for (const host of hosts) await send(host, { scopes: [await says({ revision: 3 })] });
    await settled();
    await reports.drain();
    const works = await box.works();
    expect(works.length).to.be.within(1, 3);
    expect(works[0]).to.deep.equal({ kind: 'resume', scope });
  });

  describe('of hosts that left', () => {
    let left: Member;
    const slotOf = async (): Promise<SlotHolder | undefined> => {
      const [record] = await plane.store.read(scope, [keys.slot(left.partition, left.slot)]);
      return record && decodeRecord<SlotHolder>(record)?.value;
    };
    const sendLeft = async () => {
      const { partition, slot, epoch } = left;
      await send('h1', { left: [{ scope, partition, slot, epoch }] });
      await settled();
    };
    beforeEach(async () => {
      left = (await memberOf(plane, 'h1'))!;
      await send('h1', { scopes: [await says()] });
      await settled();
      const assignment = {
        ...left,
        vpcId: 'v1',
        lane: { cluster: 'home', topic: 't', partitions: 1 },
        state: 'leaving',
      } satisfies Assignment;
      await transact(plane.store, 'host/h1', (tx) => {
        tx.put(keys.assignment('v1', 1), assignment);
        tx.put(keys.assignment('v1', 2), { ...assignment, epoch: 2 });
        return Promise.resolve();
      });
      await unbindPort(plane.deps, request('UnbindPort', { portId: 'p' }));
    });

    it('free the slot once and forget what belongs to it', async () => {
      expect(await slotOf()).to.include({ state: 'draining' });
      await sendLeft();
      expect(await slotOf()).to.equal(undefined);
      expect(await kept('h1')).to.equal(undefined);
      const assignments = await plane.store.list('host/h1', 'assignment', '', 9);
      expect(assignments.map((record) => record.key)).to.deep.equal([keys.assignment('v1', 2)]);
      const revision = await revisionOf(plane);
      await sendLeft();
      expect(await revisionOf(plane)).to.equal(revision);
      expect(reports.counts.failed).to.equal(0);
    });

    it('are not free of their slot while a report of theirs is kept', async () => {
      const away = new PlatformError('unavailable', 'away');
      const store = { ...plane.store, forgetReport: () => Promise.reject(away) };
      const error = await failure(() => endMembership(store, { vpcId: 'v1', released: left }));
      expect(error).to.equal(away);
      expect(await slotOf()).to.include({ state: 'draining' });
    });

    it('leave a newer membership alone, also in the same slot', async () => {
      await bindTo(plane, 'p', 'h1');
      const present = await memberOf(plane, 'h1');
      await send('h1', { scopes: [await says({ epoch: 2 })] });
      await sendLeft();
      expect(await memberOf(plane, 'h1')).to.deep.equal(present);
      expect(await kept('h1')).to.include({ epoch: 2 });
      const { partition, slot } = present!;
      await send('h1', { left: [{ scope, partition, slot, epoch: 1 }] });
      await settled();
      const [record] = await plane.store.read(scope, [keys.slot(partition, slot)]);
      expect(record && decodeRecord<SlotHolder>(record)?.value).to.include({ state: 'held', epoch: 2 });
    });

    it('keep a late dispatcher from recording an assignment that is over', async () => {
      const { partition, slot } = left;
      const key = keys.assignment('v1', 7);
      await send('h1', { left: [{ scope, partition, slot, epoch: 7 }] });
      await settled();
      const [record] = await plane.store.read('host/h1', [key]);
      expect(record).to.deep.include({ body: undefined });
      expect(record?.revision).to.be.above(0);
    });

    it('are heard while the cluster of a deleted VPC is away', async () => {
      await deletePort(plane.deps, request('DeletePort', { id: 'p' }));
      await deleteVpc(plane.deps, request('DeleteVpc', { id: 'v1' }));
      const { admin } = home();
      const deleteTopic = admin.deleteTopic.bind(admin);
      admin.deleteTopic = () => Promise.reject(new PlatformError('unavailable', 'away'));
      await sendLeft();
      expect(await slotOf()).to.equal(undefined);
      admin.deleteTopic = deleteTopic;
      await finishVpcs(plane.deps);
      expect(await admin.topicStats(plane.deps.topics.vpc('v1'))).to.equal(undefined);
    });

    it('let a deleted VPC go when the last one has left', async () => {
      await deletePort(plane.deps, request('DeletePort', { id: 'p' }));
      await deleteVpc(plane.deps, request('DeleteVpc', { id: 'v1' }));
      const topic = plane.deps.topics.vpc('v1');
      expect(await home().admin.topicStats(topic)).not.to.equal(undefined);
      await sendLeft();
      expect(await home().admin.topicStats(topic)).to.equal(undefined);
    });
  });

  it('wait for a store that is away, and are not lost when the server stops meanwhile', async () => {
    await reports.drain();
    let away = true;
    const { store } = plane;
    const putReport: typeof store.putReport = (...args) =>
      away ? Promise.reject(new PlatformError('unavailable', 'away')) : store.putReport(...args);
    const first = startReports({ ...plane.deps, store: { ...store, putReport } });
    await send('h1', { scopes: [await says()] });
    await eventually(() => {
      expect(first.counts.received).to.equal(1);
    });
    await first.drain();
    const second = startReports({ ...plane.deps, store: { ...store, putReport } });
    await eventually(() => {
      expect(second.counts.received).to.equal(1);
    });
    away = false;
    await settled();
    expect(await kept('h1')).not.to.equal(undefined);
    await second.drain();
  });
});
