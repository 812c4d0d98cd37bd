import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ConsumerLoop } from '../../../adapters/pulsar/consumer-loop.ts';
import { LastingConsumer } from '../../../adapters/pulsar/lasting-consumer.ts';
import { Looks } from '../../../adapters/pulsar/looks.ts';
import type { PlainConsumer } from '../../../adapters/pulsar/lasting-consumer.ts';
import { PlatformError } from '../../../core/errors.ts';
import { eventually } from '../../support/eventually.ts';

type Received = Awaited<ReturnType<PlainConsumer['receive']>>;

class FakeConsumer implements PlainConsumer {
  connected = true;
  isClosed = false;
  readonly acknowledged: Received[] = [];
  readonly #queue: Received[] = [];
  #waiting: { resolve: (message: Received) => void; reject: (error: Error) => void } | undefined;

  receive(): Promise<Received> {
    if (this.isClosed) return Promise.reject(new Error('Failed to receive message: AlreadyClosed'));
    const next = this.#queue.shift();
    if (next !== undefined) return Promise.resolve(next);
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }));
  }

  deliver(text: string): void {
    const { resolve } = this.#waiting ?? {};
    this.#waiting = undefined;
    if (resolve === undefined) this.#queue.push(messageOf(text));
    else resolve(messageOf(text));
  }

  acknowledge(message: Received): Promise<null> {
    this.acknowledged.push(message);
    return Promise.resolve(null);
  }

  isConnected(): boolean {
    return this.connected;
  }

  close(): Promise<null> {
    this.isClosed = true;
    this.#waiting?.reject(new Error('Failed to receive message: AlreadyClosed'));
    return Promise.resolve(null);
  }
}

/** Consumers in the order in which they were made, behind a loop. */
function fixture(subscribe: () => Promise<PlainConsumer>) {
  const first = new FakeConsumer();
  const got: string[] = [];
  const lasting = new LastingConsumer(first, {
    ...{ name: 'test', subscribe, log: () => undefined },
    ...{ looks: new Looks(1), patienceMs: 20, maxPauseMs: 2 },
  });
  const loop = new ConsumerLoop(
    [lasting],
    'test',
    async (message) => {
      got.push(message.payload.toString());
      await message.ack();
    },
    () => undefined,
  );
  return { first, got, loop };
}

describe('a consumer that has lost its connection', () => {
  it('is replaced when the client does not get it back, however often that is refused', async () => {
    const second = new FakeConsumer();
    let refusals = 5;
    const { first, got, loop } = fixture(() =>
      refusals-- > 0
        ? Promise.reject(new PlatformError('failed_precondition', 'another consumer is there'))
        : Promise.resolve(second),
    );
    first.deliver('a');
    await eventually(() => {
      expect(got).to.deep.equal(['a']);
    });
    first.connected = false;
    second.deliver('b');
    await eventually(() => {
      expect(first.isClosed).to.equal(true);
      expect(got).to.deep.equal(['a', 'b']);
    });
    expect(first.acknowledged).to.have.length(1);
    expect(second.acknowledged).to.have.length(1);
    await loop.close();
    expect(second.isClosed).to.equal(true);
  });

  it('stays when the client gets it back in time', async () => {
    let made = 0;
    const { first, got, loop } = fixture(() => {
      made++;
      return Promise.resolve(new FakeConsumer());
    });
    for (let i = 0; i < 5; i++) {
      first.connected = false;
      await nextTurn();
      first.connected = true;
      await nextTurn();
    }
    first.deliver('a');
    await eventually(() => {
      expect(got).to.deep.equal(['a']);
    });
    expect(made).to.equal(0);
    await loop.close();
  });

  it('says so when it is there again, whether the client got it back or another is in its place', async () => {
    let returned = 0;
    const first = new FakeConsumer();
    const lasting = new LastingConsumer(first, {
      ...{ name: 'test', subscribe: () => Promise.resolve(new FakeConsumer()), log: () => undefined },
      ...{ looks: new Looks(1), patienceMs: 200, maxPauseMs: 2, onReturned: () => returned++ },
    });
    const looks = { count: 0 };
    first.isConnected = () => {
      looks.count++;
      return first.connected;
    };
    for (const connected of [true, false, true, true]) {
      first.connected = connected;
      const { count } = looks;
      await eventually(() => {
        expect(looks.count).to.be.greaterThan(count + 1);
      });
    }
    expect([returned, first.isClosed]).to.deep.equal([1, false]);
    first.connected = false;
    await eventually(() => {
      expect([returned, first.isClosed]).to.deep.equal([2, true]);
    });
    await lasting.close();
  });

  it('stays when the client gets it back before its turn has come, and receives meanwhile', async () => {
    const first = new FakeConsumer();
    let [made, returned] = [0, 0];
    let come: (() => void) | undefined;
    const turn = <T>(attempt: () => Promise<T>): Promise<T> =>
      new Promise<void>((resolve) => (come = resolve)).then(attempt);
    const lasting = new LastingConsumer(first, {
      ...{ name: 'test', log: () => undefined, turn, onReturned: () => returned++ },
      subscribe: () => Promise.resolve(new FakeConsumer()).finally(() => made++),
      ...{ looks: new Looks(1), patienceMs: 5, maxPauseMs: 2 },
    });
    first.connected = false;
    await eventually(() => {
      expect(come).to.not.equal(undefined);
    });
    expect([first.isClosed, await lasting.current()]).to.deep.equal([false, first]);
    first.connected = true;
    come?.();
    await eventually(() => {
      expect(returned).to.equal(1);
    });
    expect([made, first.isClosed, lasting.isReplacing(first)]).to.deep.equal([0, false, false]);
    await lasting.close();
  });

  it('can be closed while a new one is attempted, which is closed when it comes', async () => {
    const late = new FakeConsumer();
    let come: () => void = () => undefined;
    let attempts = 0;
    const { first, loop } = fixture(() => {
      attempts++;
      return new Promise((resolve) => {
        come = () => {
          resolve(late);
        };
      });
    });
    first.connected = false;
    await eventually(() => {
      expect(attempts).to.equal(1);
    });
    await loop.close();
    come();
    await eventually(() => {
      expect(late.isClosed).to.equal(true);
    });
  });

  it('ends when its client is closed', async () => {
    let attempts = 0;
    const { first, loop } = fixture(() => {
      attempts++;
      return Promise.reject(new PlatformError('cancelled', 'the bus is closed'));
    });
    first.connected = false;
    await eventually(() => {
      expect(attempts).to.equal(1);
    });
    await loop.close();
    expect(attempts).to.equal(1);
  });
});

function messageOf(text: string): Received {
  const message = {
    getProperties: () => ({}),
    getData: () => Buffer.from(text),
    getPartitionKey: () => '',
    getRedeliveryCount: () => 0,
    getPublishTimestamp: () => 0,
  };
  return message as unknown as Received;
}
