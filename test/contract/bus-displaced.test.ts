import { expect } from 'chai';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { SlotAddress, Subscription } from '../../core/messaging/port.ts';
import { eventually } from '../support/eventually.ts';
import { Inbox, message, SUBSCRIPTION } from './bus-fixture.ts';
import { PulsarNamespace } from './pulsar-namespace.ts';

/** The client's own attempts to return are refused for so long. */
const HOLD_MS = 6_000;

describe('message bus: Pulsar, when another consumer takes a slot whose own was disconnected', function () {
  this.timeout(60_000);
  const namespace = new PulsarNamespace('displaced');

  after(() => namespace.close());

  it('comes back when that one leaves', async () => {
    const [owner, other] = [await namespace.open(), await namespace.open()];
    await owner.admin.prepare();
    const topic = namespace.topic('slots');
    await owner.admin.ensureTopic(topic, 1, [SUBSCRIPTION]);
    const address: SlotAddress = { topic, partition: 0, slot: 7 };
    const subscribe = ({ bus }: PulsarCluster, inbox: Inbox): Promise<Subscription> =>
      bus.subscribeSlot({ address, subscription: SUBSCRIPTION, consumerName: 'one', handler: inbox.handler });
    const [mine, theirs] = [new Inbox(), new Inbox()];
    await subscribe(owner, mine);
    await owner.bus.sendToSlot(address, message('a'));
    await eventually(() => {
      expect(mine.bodies).to.deep.equal(['a']);
    });

    // The broker disconnects everybody; who comes first has the slot.
    let holder: Subscription | undefined;
    await eventually(async () => {
      await namespace.unload('slots');
      holder = await subscribe(other, theirs);
    }, 30_000);
    await other.bus.sendToSlot(address, message('b'));
    await eventually(() => {
      expect(theirs.bodies).to.include('b');
    });
    const heldMs = performance.now();
    await eventually(() => {
      expect(performance.now() - heldMs).to.be.greaterThan(HOLD_MS);
    });
    await holder?.close();
    await other.bus.sendToSlot(address, message('c'));
    await eventually(() => {
      expect(mine.bodies).to.include('c');
    });
    expect(theirs.bodies).not.to.include('c');
  });
});
