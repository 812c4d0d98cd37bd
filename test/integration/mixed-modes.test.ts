import { expect } from 'chai';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { PulsarCluster } from '../../adapters/pulsar/cluster.ts';
import type { IncomingMessage } from '../../core/messaging/port.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';

const TENANT = 'mixed-modes';
const COUNT = 20;

/** What docs/answers.md says of subscription modes on one topic. */
describe('subscriptions of several types on one topic', () => {
  const topic = `persistent://${TENANT}/topics/one`;
  const at = { topic, partition: 0 };
  const address = { ...at, slot: 7 };
  let cluster: PulsarCluster;

  before(async () => {
    const { pulsarUrl: serviceUrl, pulsarAdminUrl: adminUrl } = realServices();
    const namespaces = [{ name: 'topics', retentionMinutes: 10, autoSubscriptions: true }];
    cluster = await openPulsarCluster({ name: 'main', serviceUrl, adminUrl, tenant: TENANT, namespaces });
    await cluster.admin.prepare();
    await cluster.admin.ensureTopic(topic, 1, ['sticky', 'by-key', 'shared']);
  });
  after(async () => {
    await cluster.admin.deleteTopic(topic);
    await cluster.close();
  });

  it('each get every message, and so does each reader', async () => {
    const { bus } = cluster;
    const received = new Map<string, number>();
    const counting = (name: string) => (message: IncomingMessage) => {
      received.set(name, (received.get(name) ?? 0) + 1);
      return message.ack();
    };
    const group = { topic, partitions: 1 };
    const open = await Promise.all([
      bus.subscribeSlot({ address, subscription: 'sticky', consumerName: 'a', handler: counting('sticky') }),
      bus.subscribeGroup({
        ...{ ...group, subscription: 'by-key', order: 'by-key', consumerName: 'b' },
        handler: counting('by key'),
      }),
      bus.subscribeGroup({
        ...{ ...group, subscription: 'shared', order: 'any', consumerName: 'c' },
        handler: counting('shared'),
      }),
      ...['first', 'second'].map((readerName) =>
        bus.read({ at, readerName, handler: counting(`${readerName} reader`) }),
      ),
    ]);
    try {
      for (let n = 0; n < COUNT; n++) {
        await bus.sendToSlot(address, { properties: {}, payload: Buffer.from(String(n)) });
      }
      const everybody = ['by key', 'first reader', 'second reader', 'shared', 'sticky'];
      await eventually(() => {
        const all = Object.fromEntries(everybody.map((name) => [name, COUNT]));
        expect(Object.fromEntries([...received].sort())).to.deep.equal(all);
      });
    } finally {
      await Promise.all(open.map((subscription) => subscription.close()));
    }
  });

  it('are refused where one of another type has the same name', async () => {
    const { bus } = cluster;
    const handler = (message: IncomingMessage): Promise<void> => message.ack();
    const sticky = await bus.subscribeSlot({ address, subscription: 'sticky', consumerName: 'a', handler });
    const other = bus.subscribeGroup({
      ...{ topic, partitions: 1, subscription: 'sticky', order: 'any', consumerName: 'b', handler },
    });
    const outcome = await other.then(() => 'it was taken', String);
    await sticky.close();
    expect(outcome).to.match(/busy/i);
  });
});
