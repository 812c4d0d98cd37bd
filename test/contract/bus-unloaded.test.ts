import { expect } from 'chai';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { Inbox, message, numbered } from './bus-fixture.ts';
import { PulsarNamespace } from './pulsar-namespace.ts';

describe('message bus: Pulsar, when a topic that is read moves to another broker', function () {
  this.timeout(60_000);
  const namespace = new PulsarNamespace('unloaded', { retentionMinutes: 10 });
  let cluster: PulsarCluster;

  before(async () => {
    cluster = await namespace.open();
    await cluster.admin.prepare();
  });
  after(() => namespace.close());

  async function read(name: string) {
    const topic = namespace.topic(name);
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
      unload: () => namespace.unload(name),
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
