import { expect } from 'chai';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { Link } from '../../chaos/testbed/link.ts';
import { pause } from '../../core/retry.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';
import { Inbox, message, SUBSCRIPTION } from './bus-fixture.ts';
import { PulsarNamespace } from './pulsar-namespace.ts';

/** As long as a broker takes to start again. The client doubles its pauses meanwhile, to 13 s if it is let. */
const AWAY_MS = 18_000;
const BACK_WITHIN_MS = 7_000;

describe('message bus: Pulsar, when the broker is away for long', function () {
  this.timeout(60_000);
  const namespace = new PulsarNamespace('away');
  const topic = namespace.topic('slots');
  let cluster: PulsarCluster;
  /** What a client asks first, whom to connect to, goes through it. */
  let link: Link;

  before(async () => {
    link = await Link.open(Number(new URL(realServices().pulsarUrl).port));
    cluster = await namespace.open(`pulsar://127.0.0.1:${link.port}`);
    await cluster.admin.prepare();
    await cluster.admin.ensureTopic(topic, 1, [SUBSCRIPTION]);
  });
  after(async () => {
    await namespace.close();
    await link.close();
  });

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
    await namespace.unload('slots');
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
