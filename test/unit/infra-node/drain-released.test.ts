import { expect } from 'chai';
import { encodeHeader } from '../../../core/codec/envelope.ts';
import type { Header } from '../../../core/codec/envelope.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import { blockAt } from '../../../core/placement/blocks.ts';
import { DRAINING, drainingId, parseDrainingId } from '../../../core/placement/leaving.ts';
import { transact } from '../../../core/store/transaction.ts';
import { eventually } from '../../support/eventually.ts';
import { DrainFixture } from './drain-fixture.ts';
import { vpcId, vpcLane, vpcScope } from './vpc-fixture.ts';

describe('slots that their hosts have left', () => {
  let drain: DrainFixture;
  beforeEach(async () => {
    drain = new DrainFixture();
    await drain.open(['h0', 'h1']);
  });
  afterEach(() => drain.close());

  const listed = (): Promise<string[]> => drain.node.store.catalog(DRAINING, '', 10);
  const later = (ms = 60_000): void => void (drain.vpc.nowMs += ms);
  /** Another change of the VPC lies in each slot. */
  const change = async (): Promise<void> => {
    await drain.vpc.bind('q', []);
    await drain.dispatch();
  };

  it('are emptied and freed at once if the host is offline', async () => {
    await change();
    await drain.node.store.putReport(vpcScope, report('h0', 1));
    const member = await drain.leave('h0');
    expect(await listed()).to.deep.equal([drainingId({ vpcId, released: member })]);
    await drain.expire('h0');
    await drain.drainReleased();
    expect(drain.node.gauges).to.include({ slotsDraining: 1, slotsParked: 0 });
    await drain.drainReleased();
    expect(drain.node.gauges).to.include({ slotsDraining: 0, slotsParked: 0 });
    expect(await drain.holder(member)).to.equal(undefined);
    expect(await drain.vpc.assignments('h0')).to.deep.equal([]);
    expect(await drain.node.store.reports(vpcScope, ['h0'])).to.deep.equal([undefined]);
    expect(await listed()).to.deep.equal([]);
    // What is left is the other host's.
    expect(await drain.backlog()).to.equal(2);
    expect(drain.node.stats).to.include({ slotsFreed: 1, slotsDrained: 1 });
    const announced = await drain.node.store.announced(0, 10);
    expect(announced.map(({ scope }) => scope)).to.include(scopes.host('h0'));
  });

  it('are left to a host that is there for some time', async () => {
    const member = await drain.leave('h0');
    await drain.drainReleased();
    later(59_000);
    await drain.drainReleased();
    expect(await drain.holder(member)).to.contain('draining');
    later(1_000);
    await drain.drainReleased();
    expect(await drain.holder(member)).to.equal(undefined);
    expect(await drain.backlog()).to.equal(1);
  });

  it('are left to a host that listens there, which is sent its fence again', async () => {
    const member = await drain.leave('h0');
    const received: Header[] = [];
    const subscription = await drain.listen(member, received);
    const fences = (): number => received.filter(({ kind }) => kind === 'fence').length;
    await eventually(() => {
      expect(fences()).to.equal(1);
    });
    await drain.drainReleased();
    later();
    await drain.drainReleased();
    await eventually(() => {
      expect(fences()).to.equal(2);
    });
    expect(await drain.holder(member)).to.contain('draining');
    // Not again and again.
    later(59_000);
    await drain.drainReleased();
    expect(drain.node.stats.fences).to.equal(2);
    await subscription.close();
  });

  it('are cleared of the fence that came when the host was just leaving', async () => {
    const member = await drain.leave('h0');
    const subscription = await drain.listen(member, []);
    await eventually(async () => {
      expect(await drain.backlog()).to.equal(1);
    });
    await drain.drainReleased();
    later();
    // It has left by the first fence; nobody takes the second one, and the control service has freed the slot.
    const send = drain.cluster.bus.sendToSlot.bind(drain.cluster.bus);
    drain.cluster.bus.sendToSlot = async (...to) => {
      await subscription.close();
      await send(...to);
    };
    await drain.drainReleased();
    await drain.vpc.left(member);
    await drain.node.store.delist(DRAINING, drainingId({ vpcId, released: member }));
    expect(await drain.backlog()).to.equal(2);
    await drain.drainReleased();
    expect(await drain.backlog()).to.equal(1);
  });

  it('are not drained before their fence is sure to be the last', async () => {
    const member = await drain.member('h0');
    await drain.vpc.bind('p-h0', undefined);
    await drain.node.store.enlist(DRAINING, drainingId({ vpcId, released: member }));
    await drain.expire('h0');
    await drain.drainReleased();
    expect(await drain.holder(member)).to.contain('draining');
    await drain.dispatch();
    await drain.drainReleased();
    expect(await drain.holder(member)).to.equal(undefined);
  });

  it('are not touched when they are held by another host', async () => {
    const member = await drain.leave('h0');
    await drain.vpc.left(member);
    await hold(drain, { ...member, hostId: 'h2', epoch: 7 });
    await drain.expire('h0');
    const before = await drain.backlog();
    await drain.drainReleased();
    expect(await drain.backlog()).to.equal(before);
    expect(await listed()).to.deep.equal([]);
    expect(await drain.holder(member)).to.contain('h2');
  });

  it('keep what is for their next host if they change hands meanwhile', async () => {
    const member = await drain.leave('h0');
    await drain.expire('h0');
    const next = { ...member, hostId: 'h2', epoch: 1 };
    const send = drain.cluster.bus.sendToSlot.bind(drain.cluster.bus);
    let isFirst = true;
    drain.cluster.bus.sendToSlot = async (address, message) => {
      if (isFirst) {
        isFirst = false;
        await drain.vpc.left(member);
        await hold(drain, next);
        const header: Header = { kind: 'fence', scope: vpcScope, host: 'h2', epoch: 1, incarnation: 1 };
        await send(address, { properties: encodeHeader(header), payload: Buffer.alloc(0) });
      }
      await send(address, message);
    };
    await drain.drainReleased();
    const received: Header[] = [];
    const subscription = await drain.listen(next, received);
    await eventually(() => {
      expect(received.map(({ host }) => host)).to.include('h2');
    });
    expect(await drain.holder(member)).to.contain('held');
    await subscription.close();
  });

  it('of a block that another VPC has by now keep what is for its host, which may be the same', async () => {
    await drain.vpc.write(vpcScope, (tx) => {
      tx.put(keys.copiesLane, { ...vpcLane, block: blockAt(0, 8) });
    });
    const member = await drain.leave('h0');
    await drain.vpc.left(member);
    const stamp = { host: 'h0', epoch: member.epoch, incarnation: 1 };
    const header: Header = { kind: 'fence', scope: scopes.vpc('another'), ...stamp };
    const message = { properties: encodeHeader(header), payload: Buffer.alloc(0) };
    await drain.cluster.bus.sendToSlot(drain.address(member), message);
    await drain.drainReleased();
    const received: Header[] = [];
    const subscription = await drain.listen(member, received);
    await eventually(() => {
      expect(received.map(({ scope }) => scope)).to.include('vpc/another');
    });
    await subscription.close();
  });

  it('are forgotten with the VPC, and where the list makes no sense', async () => {
    const member = await drain.leave('h0');
    await drain.vpc.write(vpcScope, (tx) => {
      tx.remove(keys.copiesLane);
    });
    await drain.node.store.enlist(DRAINING, 'nonsense');
    await drain.expire('h0');
    await drain.drainReleased();
    expect(await listed()).to.deep.equal([]);
    expect(await drain.holder(member)).to.contain('draining');
  });

  it('go by names that can be read back', () => {
    const draining = { vpcId: 'v.1', released: { hostId: 'h-1', partition: 3, slot: 65_535, epoch: 12 } };
    expect(parseDrainingId(drainingId(draining))).to.deep.equal(draining);
    for (const id of ['', 'v/1/2/3', 'v/1/2/x/h', 'v/1/2/3/h/more', '/1/2/3/h', 'v/1//3/h']) {
      expect(parseDrainingId(id), id).to.equal(undefined);
    }
  });
});

function report(reporter: string, epoch: number) {
  return { reporter, epoch, incarnation: 1, revision: 1, body: '{"failures":[],"complete":true}' };
}

async function hold(
  drain: DrainFixture,
  member: { hostId: string; partition: number; slot: number; epoch: number },
): Promise<void> {
  await transact(drain.node.store, vpcScope, (tx) => {
    tx.put(keys.slot(member.partition, member.slot), { ...member, state: 'held' });
    return Promise.resolve();
  });
}
