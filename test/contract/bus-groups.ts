import { expect } from 'chai';
import type { IncomingMessage } from '../../core/messaging/port.ts';
import { eventually } from '../support/eventually.ts';
import { Inbox, message, numbered, SUBSCRIPTION } from './bus-fixture.ts';
import type { BusFixture } from './bus-fixture.ts';

const PARTITIONS = 3;
const keys = numbered(20, 'vpc-');

export function describeGroups(fixture: () => BusFixture): void {
  it('keeps the order of each key and gives a key to one member', async () => {
    const topic = await fixture().topic(PARTITIONS);
    const [one, two] = [new Inbox(), new Inbox()];
    await join(topic, 'by-key', one.handler, 'one');
    await join(topic, 'by-key', two.handler, 'two');
    await sendAll(topic, numbered(15));
    await eventually(() => {
      expect(one.messages.length + two.messages.length).to.equal(15 * keys.length);
    });
    for (const key of keys) {
      const [ofOne, ofTwo] = [bodiesOf(one.messages, key), bodiesOf(two.messages, key)];
      expect([...ofOne, ...ofTwo], key).to.deep.equal(numbered(15));
      expect(Math.min(ofOne.length, ofTwo.length), key).to.equal(0);
    }
    expect(Math.min(one.messages.length, two.messages.length)).to.be.greaterThan(0);
  });

  it('runs one handler at a time over all partitions of a member', async () => {
    const topic = await fixture().topic(PARTITIONS);
    let running = 0;
    let most = 0;
    let handled = 0;
    await join(topic, 'by-key', async (incoming) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      await incoming.ack();
      running--;
      handled++;
    });
    await sendAll(topic, numbered(5));
    await eventually(() => {
      expect(handled).to.equal(5 * keys.length);
    });
    expect(most).to.equal(1);
  });

  it('gives the keys of a member that closes to those that stay, in order', async () => {
    const topic = await fixture().topic(PARTITIONS);
    const leaving = new Inbox({ acknowledges: false });
    const staying = new Inbox();
    const member = await join(topic, 'by-key', leaving.handler, 'leaving');
    await join(topic, 'by-key', staying.handler, 'staying');
    await sendAll(topic, numbered(3));
    await eventually(() => {
      expect(leaving.messages.length + staying.messages.length).to.equal(3 * keys.length);
    });
    expect(leaving.messages.length).to.be.greaterThan(0);
    // Half of each key's messages is done, the rest is to come again.
    for (const incoming of leaving.messages) if (incoming.payload.toString() === '0') await incoming.ack();
    await sendAll(topic, ['3']);
    await member.close();
    await sendAll(topic, ['4']);
    const moved = new Set(leaving.messages.map(({ key }) => key));
    await eventually(() => {
      for (const key of keys) {
        const expected = moved.has(key) ? ['1', '2', '3', '4'] : numbered(5);
        expect(bodiesOf(staying.messages, key), key).to.deep.equal(expected);
      }
    });
  });

  it('hands no key over to a member that joins while the key has unacknowledged messages', async () => {
    const topic = await fixture().topic(1);
    const [old, young] = [new Inbox({ acknowledges: false }), new Inbox()];
    await join(topic, 'by-key', old.handler, 'old', 1);
    await sendAll(topic, ['0'], 1);
    await eventually(() => {
      expect(old.messages).to.have.length(keys.length);
    });
    await join(topic, 'by-key', young.handler, 'young', 1);
    await sendAll(topic, ['1'], 1);
    for (const key of keys) {
      await eventually(async () => {
        const first = old.messages.filter((incoming) => incoming.key === key);
        expect(bodiesOf(young.messages, key)).to.deep.equal([]);
        for (const incoming of first) await incoming.ack();
      });
      await eventually(() => {
        const all = [...bodiesOf(old.messages, key), ...bodiesOf(young.messages, key)];
        expect(all, key).to.deep.equal(['0', '1']);
      });
    }
    expect(young.messages.length).to.be.greaterThan(0);
  });

  it('gives each message of an any-group to one member', async () => {
    const topic = await fixture().topic(PARTITIONS);
    const [one, two] = [new Inbox(), new Inbox()];
    const slowly = (inbox: Inbox) => async (incoming: IncomingMessage) => {
      await new Promise((resolve) => setImmediate(resolve));
      await inbox.handler(incoming);
    };
    await join(topic, 'any', slowly(one), 'one');
    await join(topic, 'any', slowly(two), 'two');
    await sendAll(topic, numbered(10));
    const sent = keys.flatMap((key) => numbered(10).map((body) => `${key} ${body}`)).sort();
    await eventually(() => {
      const got = [...one.messages, ...two.messages].map(
        ({ key, payload }) => `${key} ${payload.toString()}`,
      );
      expect(got.sort()).to.deep.equal(sent);
    });
    expect(Math.min(one.messages.length, two.messages.length)).to.be.greaterThan(0);
  });

  it('gives what a member of an any-group leaves unacknowledged to another', async () => {
    const topic = await fixture().topic(1);
    const [lazy, diligent] = [new Inbox({ acknowledges: false }), new Inbox()];
    const member = await join(topic, 'any', lazy.handler, 'lazy', 1);
    await sendAll(topic, ['0'], 1);
    await eventually(() => {
      expect(lazy.messages).to.have.length(keys.length);
    });
    await join(topic, 'any', diligent.handler, 'diligent', 1);
    await member.close();
    await eventually(() => {
      expect(diligent.messages.map(({ key }) => key)).to.have.members(keys);
    });
  });

  it('shows the members in the statistics, by partition', async () => {
    const topic = await fixture().topic(PARTITIONS);
    await join(topic, 'by-key', new Inbox().handler, 'one');
    await eventually(async () => {
      const stats = await fixture().first.admin.topicStats(topic);
      const consumers = stats?.subscriptions[SUBSCRIPTION]?.consumers ?? [];
      expect(consumers.map(({ partition, consumerName }) => [partition, consumerName])).to.deep.equal([
        [0, 'one'],
        [1, 'one'],
        [2, 'one'],
      ]);
    });
  });

  function join(
    topic: string,
    order: 'by-key' | 'any',
    handler: (incoming: IncomingMessage) => Promise<void>,
    consumerName = 'one',
    partitions = PARTITIONS,
  ) {
    const on = consumerName === 'one' ? fixture().first : fixture().second;
    return fixture().group(topic, order, handler, { on, consumerName, partitions });
  }

  async function sendAll(topic: string, bodies: readonly string[], partitions = PARTITIONS): Promise<void> {
    const { bus } = fixture().first;
    await Promise.all(
      bodies.flatMap((body) => keys.map((key) => bus.sendByKey(topic, partitions, key, message(body)))),
    );
  }
}

function bodiesOf(messages: readonly IncomingMessage[], key: string): string[] {
  return messages.filter((incoming) => incoming.key === key).map(({ payload }) => payload.toString());
}
