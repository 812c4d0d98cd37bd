import { expect } from 'chai';
import { Producers, defaultProducersOptions } from '../../../adapters/pulsar/producers.ts';
import { eventually } from '../../support/eventually.ts';

interface Pending {
  readonly body: string;
  confirm(): void;
  fail(text: string): void;
}

/** Stands for the addon's client: producers open when told, sends stay pending until told. */
class FakeClient {
  readonly created: string[] = [];
  readonly closed: string[] = [];
  readonly pending: Pending[] = [];
  readonly refusals: string[] = [];
  private readonly gate = new AbortController();
  private readonly opened = new Promise((resolve) => {
    this.gate.signal.addEventListener('abort', resolve);
  });

  open(): void {
    this.gate.abort();
  }

  async createProducer({ topic }: { readonly topic: string }): Promise<unknown> {
    await this.opened;
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw new Error(`Failed to create producer: ${refusal}`);
    this.created.push(topic);
    return {
      send: (message: { readonly data: Buffer }) =>
        new Promise<void>((resolve, reject) => {
          this.pending.push({
            body: message.data.toString(),
            confirm: resolve,
            fail: (text) => {
              reject(new Error(`Failed to send message: ${text}`));
            },
          });
        }),
      close: () => Promise.resolve(void this.closed.push(topic)),
    };
  }

  get bodies(): string[] {
    return this.pending.map(({ body }) => body);
  }
}

describe('producers', () => {
  let client: FakeClient;
  let producers: Producers;
  const to = (partition = 0) => ({ topic: 'persistent://t/n/topic', partition });
  const send = (body: string, partition = 0) =>
    producers.send(to(partition), { data: Buffer.from(body) }, false);
  const settled = (promise: Promise<void>) =>
    promise.then(
      () => 'sent',
      (error: unknown) => (error as { code: string }).code,
    );
  const start = (options = {}) => {
    client = new FakeClient();
    producers = new Producers(client as unknown as ConstructorParameters<typeof Producers>[0], {
      ...defaultProducersOptions,
      ...options,
    });
  };

  afterEach(() => producers.close());

  it('opens one producer for sends at the same time, and keeps their order', async () => {
    start();
    const sent = ['a', 'b', 'c'].map((body) => send(body));
    client.open();
    await eventually(() => {
      expect(client.bodies).to.deep.equal(['a', 'b', 'c']);
    });
    sent.push(send('d'));
    expect(client.bodies).to.deep.equal(['a', 'b', 'c', 'd']);
    for (const pending of client.pending) pending.confirm();
    await Promise.all(sent);
    expect(client.created).to.deep.equal(['persistent://t/n/topic-partition-0']);
  });

  it('hands over no more than the limits allow, and the rest in order', async () => {
    start({ maxPendingMessages: 3, maxPendingBytes: 10 });
    client.open();
    const sent = ['1234', '5678', '90123', 'x'].map((body) => send(body));
    await eventually(() => {
      expect(client.bodies).to.deep.equal(['1234', '5678']);
    });
    client.pending[0]!.confirm();
    await eventually(() => {
      expect(client.bodies).to.deep.equal(['1234', '5678', '90123', 'x']);
    });
    sent.push(send('longer than the limit'));
    for (let index = 1; index < 5; index++) {
      await eventually(() => {
        client.pending[index]!.confirm();
      });
    }
    await Promise.all(sent);
  });

  it('tries to open again what failed for the moment', async () => {
    start();
    client.refusals.push('Disconnected', 'ResultTimeout');
    client.open();
    const sent = send('a');
    await eventually(() => {
      client.pending[0]!.confirm();
    });
    await sent;
    expect(client.created).to.have.length(1);
  });

  it('fails all that wait where there is no topic, and asks again for the next', async () => {
    start();
    client.refusals.push('TopicNotFound');
    const results = Promise.all([send('a'), send('b')].map(settled));
    client.open();
    expect(await results).to.deep.equal(['not_found', 'not_found']);
    const sent = send('c');
    await eventually(() => {
      client.pending[0]!.confirm();
    });
    await sent;
  });

  it('replaces a producer whose send timed out', async () => {
    start({ maxPendingMessages: 1 });
    client.open();
    const results = Promise.all([send('a'), send('b')].map(settled));
    await eventually(() => {
      client.pending[0]!.fail('TimeOut');
    });
    expect(await results).to.deep.equal(['unavailable', 'unavailable']);
    const sent = send('c');
    await eventually(() => {
      client.pending[1]!.confirm();
    });
    await sent;
    expect(client.created).to.have.length(2);
    expect(client.closed).to.have.length(1);
  });

  it('closes the one that was idle longest when there are too many, never one at work', async () => {
    start({ maxProducers: 2 });
    client.open();
    const busy = send('busy', 0);
    for (const partition of [1, 2]) {
      const sent = send(`idle ${partition}`, partition);
      await eventually(() => {
        client.pending[partition]!.confirm();
      });
      await sent;
    }
    expect(client.closed).to.deep.equal(['persistent://t/n/topic-partition-1']);
    expect(producers.size).to.equal(2);
    client.pending[0]!.confirm();
    await busy;
  });

  it('closes what is idle too long', async () => {
    start({ idleMs: 20 });
    client.open();
    const sent = send('a');
    await eventually(() => {
      client.pending[0]!.confirm();
    });
    await sent;
    await eventually(() => {
      expect(client.closed).to.have.length(1);
    });
    expect(producers.size).to.equal(0);
  });

  it('fails with `cancelled` what is under way when it closes', async () => {
    start({ maxPendingMessages: 1 });
    client.open();
    const results = Promise.all([send('a'), send('b')].map(settled));
    await eventually(() => {
      expect(client.pending).to.have.length(1);
    });
    await producers.close();
    client.pending[0]!.fail('AlreadyClosed');
    expect(await results).to.deep.equal(['cancelled', 'cancelled']);
  });
});
