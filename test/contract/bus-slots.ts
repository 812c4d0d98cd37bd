import { expect } from 'chai';
import type { IncomingMessage } from '../../core/messaging/port.ts';
import { keyForSlot } from '../../core/placement/slots.ts';
import { eventually } from '../support/eventually.ts';
import { codeOf, Inbox, message, numbered, SUBSCRIPTION } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';

export function describeSlots(fixture: () => BusFixture): void {
  it('takes a message to the consumer of its slot alone', async () => {
    const topic = await fixture().topic();
    const [seven, eight] = [new Inbox(), new Inbox()];
    await fixture().slot(topic, 7, seven.handler);
    await fixture().slot(topic, 8, eight.handler, { on: fixture().second });
    await fixture().send(topic, 7, 'a');
    await fixture().send(topic, 8, 'b');
    await fixture().send(topic, 7, 'c');
    await eventually(() => {
      expect(seven.bodies).to.deep.equal(['a', 'c']);
      expect(eight.bodies).to.deep.equal(['b']);
    });
    expect(seven.messages[0]).to.include({ key: keyForSlot(7) });
    expect(seven.messages[0]!.sentAtMs).to.be.closeTo(Date.now(), 60_000);
  });

  it('keeps messages in order until their slot has a consumer', async () => {
    const topic = await fixture().topic();
    await fixture().send(topic, 7, ...numbered(50));
    const inbox = new Inbox();
    await fixture().slot(topic, 7, inbox.handler);
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(numbered(50));
    });
  });

  it('runs one handler at a time, in the order of the sends', async () => {
    const topic = await fixture().topic();
    const seen: string[] = [];
    let running = 0;
    await fixture().slot(topic, 7, async (incoming) => {
      expect(++running).to.equal(1);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(incoming.payload.toString());
      await incoming.ack();
      running--;
    });
    await fixture().send(topic, 7, ...numbered(300));
    await eventually(() => {
      expect(seen).to.deep.equal(numbered(300));
    });
  });

  it('refuses a second consumer of a slot until the first is closed', async () => {
    const topic = await fixture().topic();
    const first = await fixture().slot(topic, 7, new Inbox().handler);
    const inbox = new Inbox();
    const again = () => fixture().slot(topic, 7, inbox.handler, { on: fixture().second });
    expect(await codeOf(again())).to.equal('failed_precondition');
    await first.close();
    await eventually(async () => {
      await again();
    });
    await fixture().send(topic, 7, 'a');
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['a']);
    });
  });

  it('gives the successor what was not acknowledged, in order, and nothing else', async () => {
    const topic = await fixture().topic();
    const held: IncomingMessage[] = [];
    const first = await fixture().slot(topic, 7, (incoming) => {
      held.push(incoming);
      return Promise.resolve();
    });
    await fixture().send(topic, 7, ...numbered(10));
    await eventually(() => {
      expect(held).to.have.length(10);
    });
    for (const index of [0, 1, 4, 8]) await held[index]!.ack();
    await first.close();
    expect(await codeOf(held[5]!.ack())).to.equal('cancelled');
    await fixture().send(topic, 7, '10', '11');
    const inbox = new Inbox();
    const second = await fixture().slot(topic, 7, inbox.handler, { on: fixture().second });
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['2', '3', '5', '6', '7', '9', '10', '11']);
    });
    await second.close();

    const third = new Inbox();
    await fixture().slot(topic, 7, third.handler);
    await fixture().send(topic, 7, 'last');
    await eventually(() => {
      expect(third.bodies).to.deep.equal(['last']);
    });
  });

  it('lets a message be acknowledged after its handler', async () => {
    const topic = await fixture().topic();
    const inbox = new Inbox({ acknowledges: false });
    await fixture().slot(topic, 7, inbox.handler);
    await fixture().send(topic, 7, 'a', 'b');
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['a', 'b']);
    });
    await eventually(async () => {
      expect(await backlogOf(topic)).to.equal(2);
    });
    for (const incoming of inbox.messages) await incoming.ack();
    await eventually(async () => {
      expect(await backlogOf(topic)).to.equal(0);
    });
  });

  it('leaves a message unacknowledged whose handler throws, and goes on', async () => {
    const topic = await fixture().topic();
    const seen: string[] = [];
    const first = await fixture().slot(topic, 7, async (incoming) => {
      seen.push(incoming.payload.toString());
      if (seen.length === 2) throw new Error('deliberate');
      await incoming.ack();
    });
    await fixture().send(topic, 7, ...numbered(4));
    await eventually(() => {
      expect(seen).to.deep.equal(numbered(4));
    });
    await first.close();
    const inbox = new Inbox();
    await fixture().slot(topic, 7, inbox.handler);
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['1']);
    });
  });

  it('waits on close for the handler, whose acknowledgement still counts', async () => {
    const topic = await fixture().topic();
    let finish = (): void => undefined;
    const started = new Inbox({ acknowledges: false });
    const first = await fixture().slot(topic, 7, async (incoming) => {
      await started.handler(incoming);
      await new Promise<void>((resolve) => (finish = resolve));
      await incoming.ack();
    });
    await fixture().send(topic, 7, 'a', 'b');
    await eventually(() => {
      expect(started.bodies).to.deep.equal(['a']);
    });
    let closed = false;
    const closing = first.close().then(() => (closed = true));
    await fixture().first.admin.topicStats(topic);
    expect(closed).to.equal(false);
    finish();
    await closing;
    const inbox = new Inbox();
    await fixture().slot(topic, 7, inbox.handler);
    await eventually(() => {
      expect(inbox.bodies).to.deep.equal(['b']);
    });
    expect(started.bodies).to.deep.equal(['a']);
  });

  it('carries properties and any bytes', async () => {
    const topic = await fixture().topic();
    const payload = Buffer.from(Array.from({ length: 1024 }, (_, index) => index % 256));
    const properties = { kind: 'port', revision: '17', '42': 'a number as a name', empty: '', text: 'äöü ✓' };
    const inbox = new Inbox();
    await fixture().slot(topic, 65_535, inbox.handler);
    const address = { topic, partition: 0, slot: 65_535 };
    await fixture().first.bus.sendToSlot(address, { properties, payload });
    await fixture().first.bus.sendToSlot(address, { properties: {}, payload: Buffer.alloc(0) });
    await eventually(() => {
      expect(inbox.messages).to.have.length(2);
    });
    expect(inbox.messages[0]!.properties).to.deep.equal(properties);
    expect(inbox.messages[0]!.payload.equals(payload)).to.equal(true);
    expect(inbox.messages[1]!.properties).to.deep.equal({});
    expect(inbox.messages[1]!.payload).to.have.length(0);
  });

  it('carries 2,000 pipelined messages to 200 slots, each in order', async () => {
    const topic = await fixture().topic(2);
    const slots = Array.from({ length: 200 }, (_, index) => 1 + index * 300);
    const inboxes = slots.map(() => new Inbox());
    const addresses = slots.map((slot, index) => ({ topic, partition: index % 2, slot }));
    await Promise.all(
      slots.map((slot, index) =>
        fixture().slot(topic, slot, inboxes[index]!.handler, { partition: index % 2 }),
      ),
    );
    const { bus } = fixture().first;
    await Promise.all(
      numbered(10).flatMap((body) => addresses.map((address) => bus.sendToSlot(address, message(body)))),
    );
    await eventually(() => {
      for (const inbox of inboxes) expect(inbox.bodies).to.deep.equal(numbered(10));
    }, 20_000);
  });

  it('refuses what is no slot, and too big a message', async () => {
    const topic = await fixture().topic();
    for (const slot of [0, 65_536, 1.5]) {
      expect(await codeOf(fixture().send(topic, slot, 'x'))).to.equal('invalid_argument');
    }
    const tooBig = { properties: {}, payload: Buffer.alloc(6 * 1024 * 1024) };
    const address = { topic, partition: 0, slot: 7 };
    expect(await codeOf(fixture().first.bus.sendToSlot(address, tooBig))).to.equal('resource_exhausted');
    await fixture().send(topic, 7, 'afterwards');
  });

  async function backlogOf(topic: string): Promise<number | undefined> {
    const stats = await fixture().first.admin.topicStats(topic);
    return stats?.subscriptions[SUBSCRIPTION]?.backlog;
  }
}
