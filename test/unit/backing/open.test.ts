import { expect } from 'chai';
import { ClusterPool } from '../../../adapters/backing/open.ts';
import type { OpenCluster } from '../../../adapters/backing/open.ts';
import type { ClusterConfig } from '../../../adapters/backing/settings.ts';
import { SendWatch } from '../../../adapters/backing/send-watch.ts';
import { MemoryCluster } from '../../../adapters/memory/bus-cluster.ts';
import { PlatformError } from '../../../core/errors.ts';

const config = (name: string): ClusterConfig => ({ name, serviceUrl: 'pulsar://a', adminUrl: 'http://a' });

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => PlatformError.from(error).message,
  );
}

describe('a pool of clusters', () => {
  let open: Set<string>;
  let opened: number;
  let broken: string | undefined;
  let pool: ClusterPool;

  beforeEach(() => {
    open = new Set();
    opened = 0;
    broken = undefined;
    pool = new ClusterPool(({ name, serviceUrl }): Promise<OpenCluster> => {
      if (name === broken) return Promise.reject(new PlatformError('unavailable', `no ${name}`));
      opened++;
      open.add(name);
      const { bus, admin } = new MemoryCluster({ name }).openClient();
      const close = (): Promise<void> => {
        open.delete(name);
        return Promise.resolve();
      };
      return Promise.resolve({ name, serviceUrl, bus, admin, close });
    });
  });

  it('opens each once, and closes them all', async () => {
    const both = await Promise.all([pool.open('a', () => config('a')), pool.open('a', () => config('a'))]);
    expect(both[0]).to.equal(both[1]);
    await pool.open('b', () => Promise.resolve(config('b')));
    expect(opened).to.equal(2);
    await pool.close();
    expect(open).to.have.property('size', 0);
    expect(await failure(pool.open('c', () => config('c')))).to.equal('the clusters are closed');
  });

  it('tries what failed again', async () => {
    broken = 'a';
    expect(await failure(pool.open('a', () => config('a')))).to.equal('no a');
    broken = undefined;
    expect((await pool.open('a', () => config('a'))).name).to.equal('a');
  });

  it('leaves nothing open when one of several fails', async () => {
    broken = 'b';
    expect(await failure(pool.openAll([config('a'), config('b')]))).to.equal('no b');
    expect(opened).to.equal(1);
    expect(open).to.have.property('size', 0);
  });
});

describe('a watch over what is sent', () => {
  it('tells that messages do not reach the broker, until they do', async () => {
    let nowMs = 0;
    const answers: ((error?: Error) => void)[] = [];
    const { bus } = new MemoryCluster({ name: 'main' }).openClient();
    const slow = {
      ...bus,
      sendByKey: () =>
        new Promise<void>((resolve, reject) => {
          answers.push((error) => {
            if (error === undefined) resolve();
            else reject(error);
          });
        }),
    };
    const watch = new SendWatch(1_000, () => nowMs);
    const watched = watch.over(slow);
    const send = () => watched.sendByKey('t', 1, 'k', { properties: {}, payload: Buffer.alloc(0) });
    const check = () => {
      watch.check();
    };
    expect(check).to.not.throw();
    expect(watch.quietMs).to.equal(Infinity);
    const first = send();
    nowMs = 900;
    expect(check).to.not.throw();
    nowMs = 1_100;
    expect(check).to.throw('not confirmed a message for 1100 ms');
    answers[0]?.(new PlatformError('unavailable', 'timed out'));
    expect(await failure(first)).to.equal('timed out');
    expect(check).to.throw('timed out');
    const second = send();
    answers[1]?.();
    await second;
    expect(check).to.not.throw();
    nowMs = 1_400;
    expect(watch.quietMs).to.equal(300);
  });
});
