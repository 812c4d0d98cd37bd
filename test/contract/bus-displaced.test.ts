import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { SlotAddress, Subscription } from '../../core/messaging/port.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';
import { Inbox, message, SUBSCRIPTION } from './bus-fixture.ts';

/** Longer than a consumer leaves its return to the client. */
const HOLD_MS = 6_000;

describe('message bus: Pulsar, when another consumer takes a slot whose own was disconnected', function () {
  this.timeout(60_000);
  const namespace = `displaced-${randomUUID().slice(0, 8)}`;
  const opened: PulsarCluster[] = [];
  const open = async (): Promise<PulsarCluster> => {
    const { pulsarUrl, pulsarAdminUrl } = realServices();
    const addresses = { serviceUrl: pulsarUrl, adminUrl: pulsarAdminUrl };
    const cluster = await openPulsarCluster({ name: 'one', ...addresses, namespaces: [{ name: namespace }] });
    opened.push(cluster);
    return cluster;
  };
  const admin = (path: string, method: string) =>
    fetch(`${realServices().pulsarAdminUrl}/admin/v2/${path}`, { method });

  after(async () => {
    await Promise.all(opened.map((cluster) => cluster.close()));
    await admin(`namespaces/vpcast/${namespace}`, 'DELETE');
  });

  it('comes back when that one leaves', async () => {
    const [owner, other] = [await open(), await open()];
    await owner.admin.prepare();
    const topic = `persistent://vpcast/${namespace}/slots`;
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
      await admin(`persistent/vpcast/${namespace}/slots-partition-0/unload`, 'PUT');
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
