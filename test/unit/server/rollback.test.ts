import { expect } from 'chai';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Scope } from '../../../core/store/port.ts';
import { transact } from '../../../core/store/transaction.ts';
import { startReports } from '../../../server/reports/start.ts';
import type { Reports } from '../../../server/reports/start.ts';
import { unbindPort } from '../../../server/rpc/port/unbind-port.ts';
import { request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeHosts, makePort, memberOf, planeWithVpc, revisionOf } from './port-fixture.ts';
import { ReportBox } from './report-fixture.ts';

const scope = scopes.vpc('v1');
const own = scopes.host('h1');

describe('reports that prove that the store has lost its tail', () => {
  let plane: ControlPlane;
  let box: ReportBox;
  let reports: Reports;
  beforeEach(async () => {
    plane = await planeWithVpc();
    box = new ReportBox(plane);
    await makeHosts(plane, 'h1', 'h2', 'h3');
    for (const hostId of ['h1', 'h2']) await makePort(plane, { id: `on-${hostId}` }, { hostId });
    reports = startReports(plane.deps);
    await reports.joined;
    plane.woken.length = 0;
  });
  afterEach(() => reports.drain());

  const incarnation = async (of: Scope = scope) => (await plane.store.status(of)).incarnation;
  const dispatched = async (of: Scope = scope) => {
    const { token, revision } = await plane.store.beginDispatch(of);
    await plane.store.advance({ scope: of, token, dispatched: revision, sent: new Map(), sentAll: revision });
  };

  it('begin a new incarnation, which everybody is sent', async () => {
    await dispatched();
    const revision = await revisionOf(plane);
    await box.send('h1', { scopes: [await box.says({ revision: revision + 1 })] });
    await box.settled();
    expect(await plane.store.status(scope)).to.include({
      incarnation: 2,
      revision: revision + 1,
      dispatched: 0,
    });
    expect(plane.woken).to.deep.equal([scope]);
    plane.now += 10_000;
    expect((await plane.store.announced(5_000, 100)).map((each) => each.scope)).to.include(scope);
    expect(await box.kept('h1')).to.equal(undefined);
    expect(reports.counts.rollbacks).to.equal(1);
  });

  it('begin one incarnation, however many hosts say it', async () => {
    const part = await box.says({ revision: 1_000 });
    for (let round = 0; round < 10; round++) {
      for (const host of ['h1', 'h2']) await box.send(host, { scopes: [part] });
    }
    await box.settled();
    expect(await incarnation()).to.equal(2);
    expect(reports.counts.rollbacks).to.equal(1);
    const healed = await box.says({ incarnation: 2 });
    await box.send('h2', { scopes: [healed] });
    await box.settled();
    expect(await box.kept('h2')).to.include({ incarnation: 2, revision: healed.revision });
  });

  it('outlive the incarnation that hosts know', async () => {
    await box.send('h1', { scopes: [await box.says({ incarnation: 3, revision: 1 })] });
    await box.settled();
    expect(await incarnation()).to.equal(4);
    expect(reports.counts.rollbacks).to.equal(1);
  });

  it('are those of a host of its own scope, and of a group of a public resource', async () => {
    await transact(plane.store, 'public/r', (tx) => {
      tx.put(keys.public('r'), {});
      return Promise.resolve();
    });
    const ahead = { revision: 9 };
    await box.send('h1', {
      scopes: [
        await box.says({ scope: own, ...ahead }),
        await box.says({ scope: 'host/h2', ...ahead }),
        await box.says({ scope: 'public/r', ...ahead }),
      ],
    });
    await box.settled();
    expect([
      await incarnation(own),
      await incarnation('host/h2'),
      await incarnation('public/r'),
    ]).to.deep.equal([2, 1, 2]);
  });

  it('show an assignment that was lost, too: the host’s own scope is replaced', async () => {
    await box.send('h1', { scopes: [await box.says({ epoch: 2, revision: 3 })] });
    await box.settled();
    // Its word is of the incarnation before: that is over, whatever it says.
    await box.send('h3', { scopes: [await box.says({ epoch: 1, revision: 3 })] });
    await box.settled();
    expect([await incarnation(), await incarnation(own), await incarnation('host/h3')]).to.deep.equal([
      2, 2, 1,
    ]);
    expect(plane.woken).to.deep.equal([own, scope]);
    // Said again, before the new incarnation has come to the host.
    await box.send('h1', { scopes: [await box.says({ epoch: 2, revision: 3 })] });
    await box.settled();
    expect([await incarnation(), await incarnation(own)]).to.deep.equal([2, 2]);
  });

  it('have the host give up a VPC that the store knows nothing of, which stays unknown', async () => {
    const lost = scopes.vpc('lost');
    for (let n = 0; n < 5; n++)
      await box.send('h1', { scopes: [await box.says({ scope: lost, revision: 4 })] });
    await box.settled();
    await reports.drain();
    expect(await incarnation(own)).to.equal(2);
    expect(plane.woken).to.deep.equal([own]);
    expect(await plane.store.status(lost)).to.include({ revision: 0, incarnation: 1 });
    expect((await plane.store.announced(0, 100)).map((each) => each.scope)).not.to.include(lost);
  });

  it('change nothing for a host that is not registered', async () => {
    await box.send('ghost', {
      scopes: [
        await box.says({ scope: 'host/ghost', revision: 4 }),
        await box.says({ scope: 'vpc/lost', revision: 4 }),
      ],
    });
    await box.settled();
    await reports.drain();
    expect((await plane.store.status('host/ghost')).revision).to.equal(0);
    expect(await box.works()).to.deep.equal([]);
    expect(reports.counts).to.include({ rollbacks: 0, failed: 0 });
  });

  describe('are not those of a host that has left', () => {
    beforeEach(async () => {
      await unbindPort(plane.deps, request('UnbindPort', { portId: 'on-h1' }));
    });
    const late = async () => {
      await box.send('h1', { scopes: [await box.says({ epoch: 1 })] });
      await box.settled();
      expect([await incarnation(), await incarnation(own)]).to.deep.equal([1, 1]);
      expect(reports.counts.rollbacks).to.equal(0);
      await reports.drain();
      return box.works();
    };

    it('and whose fence is on the way', async () => {
      await transact(plane.store, own, (tx) => {
        tx.put(keys.assignment('v1', 1), { state: 'leaving' });
        return Promise.resolve();
      });
      expect(await late()).to.deep.equal([]);
    });

    it('and has not heard of it: it is sent its own scope, once', async () => {
      for (let n = 0; n < 5; n++) await box.send('h1', { scopes: [await box.says({ epoch: 1 })] });
      expect(await late()).to.deep.equal([{ kind: 'resync', scope: own, host: 'h1', epoch: 1 }]);
    });

    it('and is back at a newer epoch', async () => {
      await makePort(plane, {}, { hostId: 'h1' });
      expect((await memberOf(plane, 'h1'))?.epoch).to.equal(2);
      await late();
      expect(await box.kept('h1')).to.equal(undefined);
    });
  });
});
