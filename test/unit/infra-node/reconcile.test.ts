import { expect } from 'chai';
import { encodeReportBody } from '../../../core/codec/report-body.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Entry } from '../../../core/model/view.ts';
import type { RecordKey } from '../../../core/store/port.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import { Reconciler } from '../../../infra-node/passes/reconciler.ts';
import { ReconcileFixture } from './reconcile-fixture.ts';
import { nothing, vpcScope } from './vpc-fixture.ts';

describe('the comparison of what hosts hold with what they should hold', () => {
  let fixture: ReconcileFixture;
  beforeEach(async () => {
    fixture = new ReconcileFixture();
    await fixture.open(['h0', 'h1', 'h2']);
  });

  const mismatches = (): number => fixture.node.stats.digestMismatches;
  const lostTails = (): number => fixture.node.stats.lostTails;

  it('finds nothing where all is well, with every form that a port has', async () => {
    // Bound actively on one and inactively on another, on two without an active binding, nowhere.
    await fixture.all.fixture.bind('moving', ['h0', 'h1']);
    await fixture.all.fixture.bind('nowhere', []);
    await fixture.all.fixture.bind('gone', ['h2']);
    await fixture.all.fixture.bind('gone', undefined);
    await fixture.change();
    for (const id of ['h0', 'h1', 'h2']) await fixture.say(id);
    expect(await fixture.pass()).to.deep.equal([]);
    expect(fixture.node.stats.scopesReconciled).to.equal(4);
  });

  it('knows the ports that only their own hosts hold', async () => {
    await fixture.all.fixture.write(vpcScope, (tx) => {
      const bindings = ['h0', 'h1'].map((hostId) => ({ hostId, state: 'inactive' }));
      tx.put(keys.port('prepared'), {
        id: 'prepared',
        macAddress: '',
        fixedIps: [],
        securityGroupIds: [],
        bindings,
      });
    });
    await fixture.change();
    for (const id of ['h0', 'h1', 'h2']) await fixture.say(id);
    expect(fixture.entries('h0').has(keys.port('prepared'))).to.be.true;
    expect(fixture.entries('h2').has(keys.port('prepared'))).to.be.false;
    expect(await fixture.pass()).to.deep.equal([]);
  });

  const spoilers: Record<string, (entries: Map<RecordKey, Entry>) => void> = {
    'lacks an entry': (entries) => void entries.delete(keys.port('p-h1')),
    'holds an old version of an entry': (entries) => {
      const entry = entries.get(keys.port('p-h2'));
      if (entry !== undefined) entries.set(entry.key, { ...entry, revision: entry.revision - 1, body: '{}' });
    },
    'holds an entry that was removed': (entries) => {
      entries.set(keys.port('ghost'), { key: keys.port('ghost'), revision: 1, body: '{}' });
    },
  };
  for (const [what, spoil] of Object.entries(spoilers)) {
    it(`counts a host that ${what}, when that is seen twice, and sends it a snapshot`, async () => {
      await fixture.change();
      for (const id of ['h0', 'h1', 'h2']) await fixture.say(id);
      spoil(fixture.entries('h0'));
      await fixture.say('h0');
      expect(await fixture.pass()).to.have.length(1);
      expect(mismatches()).to.equal(0);
      await fixture.pass();
      expect(mismatches()).to.equal(1);
      expect(fixture.works()).to.deep.equal([{ kind: 'resync', scope: vpcScope, host: 'h0', epoch: 1 }]);
      await dispatchScope(fixture.node, vpcScope, { ...nothing, resyncs: new Map([['h0', 1]]) });
      await fixture.say('h0');
      await fixture.all.expectConverged();
      expect(await fixture.pass()).to.deep.equal([]);
      expect(mismatches()).to.equal(1);
    });
  }

  it('does the same with what belongs to a host itself', async () => {
    const own = scopes.host('h0');
    fixture.entries('h0', own).clear();
    await fixture.say('h0');
    await fixture.pass();
    await fixture.pass();
    expect(mismatches()).to.equal(1);
    await fixture.work();
    await fixture.say('h0');
    expect(fixture.entries('h0', own).size).to.equal(1);
    expect(await fixture.pass()).to.deep.equal([]);
  });

  it('does not count a host twice for what it has not reported again, but asks at growing intervals', async () => {
    fixture.entries('h0').delete(keys.port('p-h1'));
    await fixture.say('h0');
    const counts: number[] = [];
    for (let n = 0; n < 8; n++) {
      await fixture.pass();
      counts.push(mismatches());
    }
    expect(counts).to.deep.equal([0, 1, 2, 2, 3, 3, 3, 3]);
  });

  it('sends the end again that a live host lacks, and only to that host', async () => {
    await fixture.change();
    expect(await fixture.lose('h0')).to.equal(1);
    for (const id of ['h0', 'h1', 'h2']) await fixture.say(id);
    await fixture.pass();
    expect(lostTails()).to.equal(0);
    await fixture.pass();
    expect(lostTails()).to.equal(1);
    const copies = fixture.node.stats.copies;
    await fixture.work();
    expect(fixture.node.stats.copies + fixture.node.stats.resumed).to.be.greaterThan(copies);
    expect(await fixture.all.waiting('h1')).to.deep.equal([]);
    await fixture.say('h0');
    await fixture.all.expectConverged();
    expect(await fixture.pass()).to.deep.equal([]);
  });

  it('sends the end of its own scope again as well', async () => {
    const own = scopes.host('h0');
    await fixture.all.fixture.write(own, (tx) => {
      tx.put(keys.config('c'), { name: 'c' });
    });
    await dispatchScope(fixture.node, own, nothing);
    expect(await fixture.lose('h0')).to.equal(1);
    await fixture.say('h0');
    await fixture.pass();
    await fixture.pass();
    expect(lostTails()).to.equal(1);
    await fixture.work();
    await fixture.say('h0');
    expect(fixture.entries('h0', own).has(keys.config('c'))).to.be.true;
  });

  it('sends a snapshot to a host that does not even answer a repeated end', async () => {
    await fixture.change();
    await fixture.lose('h0');
    await fixture.pass();
    await fixture.pass();
    await fixture.work();
    await fixture.lose('h0');
    fixture.works();
    for (const id of ['h1', 'h2']) await fixture.say(id);
    await fixture.pass();
    expect(fixture.works()).to.deep.include({ kind: 'resync', scope: vpcScope, host: 'h0', epoch: 1 });
  });

  it('leaves alone who is offline, who was never heard of, and what is still on its way', async () => {
    await fixture.all.fixture.register('h9', 200);
    await fixture.all.fixture.bind('p-h9', ['h9']);
    await fixture.change();
    await fixture.lose('h0');
    const seenMs = await fixture.node.store.advanceLeaseClock(0, 100_000);
    await fixture.node.store.hear(['h1', 'h2'], seenMs);
    await fixture.node.offline.poll();
    expect(fixture.node.isOffline('h0')).to.be.true;
    expect(fixture.node.isOffline('h9')).to.be.false;
    for (const id of ['h1', 'h2']) await fixture.say(id);
    fixture.works();
    const found = await fixture.pass();
    expect(found.map(({ receiver }) => receiver.hostId)).to.deep.equal(['h0', 'h9']);
    for (let n = 0; n < 3; n++) await fixture.pass();
    expect(lostTails()).to.equal(0);
    // Something happens: then whoever lacks it may be only late.
    await fixture.change('another');
    await fixture.pass();
    await fixture.change('yet another');
    await fixture.pass();
    expect(lostTails()).to.equal(0);
    expect(fixture.works()).to.deep.equal([]);
  });

  it('takes nothing from what a host said before it became a member again', async () => {
    await fixture.all.fixture.bind('p-h0', undefined);
    await fixture.all.fixture.bind('p-h0', ['h0']);
    await dispatchScope(fixture.node, vpcScope, nothing);
    const { revision } = await fixture.node.store.status(vpcScope);
    const body = encodeReportBody({ failures: [], digest: 1 });
    const report = { reporter: 'h0', epoch: 1, incarnation: 1, revision, body };
    await fixture.node.store.putReport(vpcScope, report);
    const found = (await fixture.pass()).filter(({ receiver }) => receiver.hostId === 'h0');
    expect(found.map(({ what }) => what))
      .to.include('behind')
      .and.not.include('different');
  });

  it('says nothing of a scope with something to dispatch', async () => {
    fixture.entries('h0').delete(keys.port('p-h1'));
    await fixture.say('h0');
    await fixture.all.change();
    expect(await fixture.pass()).to.deep.equal([]);
  });

  it('reads a scope once, and looks at it again only when there are new reports', async () => {
    let reads = 0;
    const { store } = fixture.all.fixture;
    const counting = fixture.all.fixture.node({}, undefined, {
      ...store,
      changes: (...of) => {
        reads++;
        return store.changes(...of);
      },
    });
    fixture.reconciler = new Reconciler(counting);
    await fixture.pass();
    const once = reads;
    expect(once).to.be.greaterThan(0);
    await fixture.pass();
    expect(counting.stats.scopesReconciled).to.equal(4);
    await fixture.say('h0');
    await fixture.pass();
    expect(counting.stats.scopesReconciled, 'a repeat is not new').to.equal(4);
    for (const [scope, { epoch, incarnation, revision }] of fixture.all.host('h0').replicas) {
      await store.putReport(scope, { reporter: 'h0', epoch, incarnation, revision, body: '{"failures":[]}' });
    }
    await fixture.pass();
    expect(counting.stats.scopesReconciled).to.equal(6);
    expect(reads).to.equal(once);
  });
});
