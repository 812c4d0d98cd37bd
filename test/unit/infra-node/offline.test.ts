import { expect } from 'chai';
import { openMemoryStore } from '../../../adapters/memory/store.ts';
import { PlatformError } from '../../../core/errors.ts';
import { silentLogger } from '../../../core/logger.ts';
import { OfflineHosts } from '../../../infra-node/offline.ts';
import { eventually } from '../../support/eventually.ts';

describe('offline hosts', () => {
  const store = openMemoryStore();
  const warnings: string[] = [];
  let expired = 0;
  const working = (): Promise<number> => store.leaseClock();
  let clock = working;
  const offline = new OfflineHosts({
    store: { leaseClock: () => clock(), unheard: (...asked) => store.unheard(...asked) },
    leaseMs: 30_000,
    logger: { ...silentLogger, warn: (message) => warnings.push(message) },
    onExpired: (hosts) => (expired += hosts),
  });

  it('are those whose lease has ended, until they are heard of', async () => {
    await store.hear(['a', 'b'], 0);
    await store.advanceLeaseClock(0, 30_000);
    await offline.poll();
    expect(['a', 'b', 'never'].map((host) => offline.has(host))).to.deep.equal([false, false, false]);

    await store.hear(['b'], 30_000);
    await store.advanceLeaseClock(30_000, 1);
    await offline.poll();
    await offline.poll();
    expect(['a', 'b', 'never'].map((host) => offline.has(host))).to.deep.equal([true, false, false]);
    expect(expired).to.equal(1);

    await store.hear(['a'], 30_001);
    await offline.poll();
    expect(offline.has('a')).to.be.false;
  });

  it('stay what they were while the store does not answer, which is said once', async () => {
    await store.advanceLeaseClock(30_001, 30_000);
    await offline.poll();
    expect(offline.has('b')).to.be.true;
    clock = () => Promise.reject(new PlatformError('unavailable', 'no store'));
    await offline.poll();
    await offline.poll();
    expect(offline.has('b')).to.be.true;
    expect(warnings).to.have.length(1);
    clock = working;
    await offline.poll();
    clock = () => Promise.reject(new PlatformError('unavailable', 'no store again'));
    await offline.poll();
    expect(warnings).to.have.length(2);
    clock = working;
  });

  it('are asked for again and again until the node stops', async () => {
    await store.hear(['a', 'b'], 60_001);
    const stop = new AbortController();
    const polling = offline.pollUntil(1, stop.signal);
    await eventually(() => {
      expect(offline.has('b')).to.be.false;
    });
    await store.advanceLeaseClock(60_001, 30_001);
    await eventually(() => {
      expect(offline.has('b')).to.be.true;
    });
    stop.abort();
    await polling;
  });
});
