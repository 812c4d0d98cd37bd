import { getEventListeners } from 'node:events';
import { expect } from 'chai';
import { PlatformError } from '../../../core/errors.ts';
import { pause, retry } from '../../../core/retry.ts';

describe('retry', () => {
  it('pauses any number of calls on one signal with a single listener', async () => {
    const stop = new AbortController();
    const away = () => Promise.reject(new PlatformError('unavailable', 'away'));
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    const calls = Array.from({ length: 100 }, () =>
      retry(away, { attempts: Infinity, baseMs: 60_000, maxMs: 60_000, signal: stop.signal }),
    );
    // Each has failed once and pauses, and a warning would have been given.
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(getEventListeners(stop.signal, 'abort')).to.have.length(1);
    expect(warnings).to.deep.equal([]);
    const reason = new Error('stopping');
    stop.abort(reason);
    const results = await Promise.allSettled(calls);
    const reasons = results.map((result): unknown => (result.status === 'rejected' ? result.reason : result));
    expect(new Set(reasons)).to.deep.equal(new Set([reason]));
  });

  it('leaves nothing behind on a signal that outlives many pauses', async () => {
    const { signal } = new AbortController();
    for (let n = 0; n < 50; n++) await pause(0, signal);
    await Promise.all(Array.from({ length: 50 }, () => pause(1, signal)));
    expect(getEventListeners(signal, 'abort')).to.have.length(0);
  });

  it('does not pause where the signal has aborted', async () => {
    const reason = new Error('stopped before');
    expect(await pause(60_000, AbortSignal.abort(reason)).catch((error: unknown) => error)).to.equal(reason);
  });
});
