import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';
import { Inbox, message, numbered } from './bus-fixture.ts';

describe('message bus: Pulsar, when a topic that is read moves to another broker', function () {
  this.timeout(60_000);
  const namespace = `unloaded-${randomUUID().slice(0, 8)}`;
  let cluster: PulsarCluster;

  before(async () => {
    const { pulsarUrl: serviceUrl, pulsarAdminUrl: adminUrl } = realServices();
    cluster = await openPulsarCluster({
      ...{ name: 'one', serviceUrl, adminUrl },
      namespaces: [{ name: namespace, retentionMinutes: 10 }],
    });
    await cluster.admin.prepare();
  });
  after(async () => {
    await cluster.close();
    await admin(`namespaces/vpcast/${namespace}`, 'DELETE');
  });

  const admin = (path: string, method: string) =>
    fetch(`${realServices().pulsarAdminUrl}/admin/v2/${path}`, { method });

  async function read(name: string) {
    const topic = `persistent://vpcast/${namespace}/${name}`;
    await cluster.admin.ensureTopic(topic, 1, []);
    const at = { topic, partition: 0 };
    const inbox = new Inbox();
    const seen = { returned: 0 };
    const onReturned = (): void => {
      seen.returned++;
    };
    await cluster.bus.read({ at, readerName: 'one', handler: inbox.handler, onReturned });
    return {
      at,
      inbox,
      seen,
      unload: () => admin(`persistent/vpcast/${namespace}/${name}-partition-0/unload`, 'PUT'),
    };
  }

  it('a reader goes on where it was', async () => {
    const { at, inbox, unload } = await read('busy');
    await cluster.bus.publish(at, message('first'));
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['first']);
    });
    const bodies = numbered(20);
    for (const [n, body] of bodies.entries()) {
      if (n === 5) await unload();
      await cluster.bus.publish(at, message(body));
    }
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['first', ...bodies]);
    });
  });

  it('a reader that has received nothing yet, and may miss what was published meanwhile, says so', async () => {
    const { at, inbox, seen, unload } = await read('quiet');
    await unload();
    await eventually(() => {
      expect(seen.returned).to.equal(1);
    });
    await cluster.bus.publish(at, message('a'));
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['a']);
    });
    expect(seen.returned).to.equal(1);
  });
});
