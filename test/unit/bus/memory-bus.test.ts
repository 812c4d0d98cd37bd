import { expect } from 'chai';
import { MemoryCluster } from '../../../adapters/memory/bus-cluster.ts';
import { eventually } from '../../support/eventually.ts';

const topic = 'persistent://t/n/topic';
const message = { properties: {}, payload: Buffer.alloc(512) };
const address = (slot: number) => ({ topic, partition: 0, slot });

describe('in-process bus', () => {
  it('lets timers run while messages fly', async () => {
    const { bus, admin } = new MemoryCluster();
    await admin.ensureTopic(topic, 1, ['hosts']);
    let handled = 0;
    let stop = false;
    for (let slot = 1; slot <= 50; slot++) {
      await bus.subscribeSlot({
        address: address(slot),
        subscription: 'hosts',
        consumerName: 'h',
        handler: async (incoming) => {
          handled++;
          await incoming.ack();
          // Each message makes the next: without a limit this never comes back to the event loop.
          if (!stop) void bus.sendToSlot(address(slot), message);
        },
      });
      await bus.sendToSlot(address(slot), message);
    }
    const ticks: number[] = [];
    const timer = setInterval(() => ticks.push(handled), 1);
    await eventually(() => {
      expect(ticks.length).to.be.greaterThan(20);
    });
    stop = true;
    clearInterval(timer);
    expect(handled).to.be.greaterThan(1_000);
    await bus.close();
  });

  it('keeps nothing of what is sent where there is no subscription', async () => {
    const { bus, admin } = new MemoryCluster();
    await admin.ensureTopic(topic, 1, []);
    await bus.sendToSlot(address(7), message);
    await admin.ensureTopic(topic, 1, ['hosts']);
    const stats = await admin.topicStats(topic);
    expect(stats).to.deep.equal({
      partitions: 1,
      messagesIn: 1,
      subscriptions: { hosts: { backlog: 0, consumers: [] } },
    });
  });

  it('tells of a handler that fails', async () => {
    const logged: string[] = [];
    const { bus, admin } = new MemoryCluster({ log: (level, text) => logged.push(`${level} ${text}`) });
    await admin.ensureTopic(topic, 1, ['hosts']);
    await bus.subscribeSlot({
      address: address(7),
      subscription: 'hosts',
      consumerName: 'h',
      handler: () => Promise.reject(new Error('deliberate')),
    });
    await bus.sendToSlot(address(7), message);
    await eventually(() => {
      expect(logged.join()).to.match(/^error .*deliberate/);
    });
    await bus.close();
  });
});
