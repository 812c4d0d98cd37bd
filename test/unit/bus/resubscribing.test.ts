import { expect } from 'chai';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Resubscribing } from '../../../adapters/pulsar/resubscribing.ts';
import { PlatformError } from '../../../core/errors.ts';

/** Attempts that end when the test says so. */
class Attempts {
  readonly resubscribing = new Resubscribing();
  readonly running: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  async begin(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      this.resubscribing
        .run(() => new Promise<void>((resolve, reject) => this.running.push({ resolve, reject })))
        .catch(() => undefined);
    }
    await nextTurn();
  }

  async end(error?: PlatformError): Promise<void> {
    const attempt = this.running.shift();
    if (error === undefined) attempt?.resolve();
    else attempt?.reject(error);
    await nextTurn();
  }
}

describe('attempts to subscribe anew', () => {
  const away = new PlatformError('unavailable', 'nobody answers');

  it('are made one at a time while nobody answers', async () => {
    const attempts = new Attempts();
    await attempts.begin(3);
    for (let n = 0; n < 3; n++) {
      expect(attempts.running).to.have.length(1);
      await attempts.end(away);
    }
    expect(attempts.running).to.have.length(0);
  });

  it('are made side by side as soon as one succeeds, but not all of them', async () => {
    const attempts = new Attempts();
    await attempts.begin(100);
    await attempts.end();
    expect(attempts.running).to.have.length(32);
    await attempts.end();
    expect(attempts.running).to.have.length(32);
  });

  it('are made side by side after a refusal: somebody has answered', async () => {
    const attempts = new Attempts();
    await attempts.begin(10);
    await attempts.end(new PlatformError('failed_precondition', 'the slot is held'));
    expect(attempts.running).to.have.length(9);
  });

  it('begin one at a time in the next outage', async () => {
    const attempts = new Attempts();
    await attempts.begin(1);
    await attempts.end();
    await attempts.begin(10);
    expect(attempts.running).to.have.length(1);
  });

  it('are made one at a time again when the answers end', async () => {
    const attempts = new Attempts();
    await attempts.begin(40);
    await attempts.end();
    for (let n = 0; n < 32; n++) await attempts.end(away);
    expect(attempts.running).to.have.length(1);
  });
});
