import { expect } from 'chai';
import { MemoryCluster } from '../../../adapters/memory/bus-cluster.ts';
import { decodeWork } from '../../../core/codec/work.ts';
import { PlatformError } from '../../../core/errors.ts';
import { silentLogger } from '../../../core/logger.ts';
import type { MessageBus } from '../../../core/messaging/port.ts';
import type { Scope } from '../../../core/store/port.ts';
import { Waker } from '../../../server/wake.ts';

/** Sends when it is told to. */
class SlowBus {
  readonly sent: Scope[] = [];
  readonly #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  readonly bus: MessageBus;

  constructor() {
    this.bus = Object.assign(new MemoryCluster().openClient().bus, {
      sendByKey: (...[, , , message]: Parameters<MessageBus['sendByKey']>) => {
        this.sent.push(decodeWork(message.properties).scope);
        return new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
      },
    });
  }

  next(error?: Error): void {
    const waiting = this.#waiting.shift();
    if (error === undefined) waiting?.resolve();
    else waiting?.reject(error);
  }
}

describe('wake-ups', () => {
  it('of one scope follow each other, and those that come meanwhile become one', async () => {
    const slow = new SlowBus();
    const waker = new Waker({ bus: slow.bus, topic: 't', partitions: 1, logger: silentLogger });
    for (let n = 0; n < 5; n++) waker.wake('vpc/a');
    waker.wake('vpc/b');
    expect(slow.sent).to.deep.equal(['vpc/a', 'vpc/b']);
    const drained = waker.drain();
    slow.next();
    slow.next(new PlatformError('unavailable', 'no broker'));
    await new Promise(setImmediate);
    expect(slow.sent).to.deep.equal(['vpc/a', 'vpc/b', 'vpc/a']);
    slow.next();
    await drained;
    waker.wake('vpc/b');
    slow.next();
    await waker.drain();
    expect(slow.sent).to.deep.equal(['vpc/a', 'vpc/b', 'vpc/a', 'vpc/b']);
  });
});
