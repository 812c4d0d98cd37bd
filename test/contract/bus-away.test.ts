import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { Link } from '../../chaos/testbed/link.ts';
import { pause } from '../../core/retry.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';
import { Inbox, message, SUBSCRIPTION } from './bus-fixture.ts';

/** As long as a broker takes to start again. The client doubles its pauses meanwhile, to 13 s if it is let. */
const AWAY_MS = 18_000;
const BACK_WITHIN_MS = 7_000;

describe('message bus: Pulsar, when the broker is away for long', function () {
  this.timeout(60_000);
  const namespace = `away-${randomUUID().slice(0, 8)}`;
  const topic = `persistent://vpcast/${namespace}/slots`;
  let cluster: PulsarCluster;
  /** What a client asks first, whom to connect to, goes through it. */
  let link: Link;

  before(async () => {
    const { pulsarUrl, pulsarAdminUrl: adminUrl } = realServices();
    link = await Link.open(Number(new URL(pulsarUrl).port));
    cluster = await openPulsarCluster({
      ...{ name: 'one', serviceUrl: `pulsar://127.0.0.1:${link.port}`, adminUrl },
      namespaces: [{ name: namespace }],
    });
    await cluster.admin.prepare();
    await cluster.admin.ensureTopic(topic, 1, [SUBSCRIPTION]);
  });
  after(async () => {
    await cluster.close();
    await link.close();
    await admin(`namespaces/vpcast/${namespace}`, 'DELETE');
  });

  const admin = (path: string, method: string) =>
    fetch(`${realServices().pulsarAdminUrl}/admin/v2/${path}`, { method });

  it('consumers and producers are back within seconds of the broker', async () => {
    const address = { topic, partition: 0, slot: 7 };
    const inbox = new Inbox();
    const { handler } = inbox;
    await cluster.bus.subscribeSlot({ address, subscription: SUBSCRIPTION, consumerName: 'one', handler });
    await cluster.bus.sendToSlot(address, message('before'));
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['before']);
    });

    link.cut();
    await admin(`persistent/vpcast/${namespace}/slots-partition-0/unload`, 'PUT');
    const sent = cluster.bus.sendToSlot(address, message('meanwhile'));
    await pause(AWAY_MS);
    expect(inbox.bodies).not.to.include('meanwhile');

    link.mend();
    await eventually(() => {
      expect(inbox.bodies).to.include('meanwhile');
    }, BACK_WITHIN_MS);
    await sent;
  });
});
