import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { onAbort, unlessAborted } from '../../../core/abort.ts';

const forever = (): Promise<never> => new Promise(() => undefined);

describe('waiting for a signal', () => {
  it('has one listener, however many wait', async () => {
    const stop = new AbortController();
    const waits = Array.from({ length: 100 }, () => unlessAborted(forever(), stop.signal));
    expect(getEventListeners(stop.signal, 'abort')).to.have.length(1);
    const reason = new Error('stopping');
    stop.abort(reason);
    const results = await Promise.allSettled(waits);
    expect(results.every((each) => each.status === 'rejected' && each.reason === reason)).to.equal(true);
  });

  it('ends with the work, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    expect(await unlessAborted(Promise.resolve('done'), signal)).to.equal('done');
    const error = new Error('failed');
    const failed: unknown = await unlessAborted(Promise.reject(error), signal).catch(
      (thrown: unknown) => thrown,
    );
    expect(failed).to.equal(error);
    expect(getEventListeners(signal, 'abort')).to.have.length(0);
  });

  it('is over at once when the signal is aborted already', async () => {
    const reason = new Error('stopped');
    const signal = AbortSignal.abort(reason);
    const ended: unknown = await unlessAborted(forever(), signal).catch((thrown: unknown) => thrown);
    expect(ended).to.equal(reason);
    let calls = 0;
    onAbort(signal, () => calls++);
    expect(calls).to.equal(1);
  });
});
