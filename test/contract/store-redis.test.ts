import { expect } from 'chai';
import { openRedisStore } from '../../adapters/redis/store.ts';
import type { Store } from '../../core/store/port.ts';
import { eventually } from '../../scripts/eventually.ts';
import { redisCommand } from '../../scripts/services/redis-command.ts';
import type { RedisService } from '../../scripts/services/redis.ts';
import { startCuttingProxy } from './store-cutting-proxy.ts';
import { type RedisForTest, freshStore, ownRedis } from './store-services.ts';
import { codeOf, recovers } from './store-trouble.ts';
import { commit, commitOf, newScope, put, record, request } from './store-values.ts';

describe('a store on a Redis in trouble', () => {
  let redis: RedisForTest;
  let service: RedisService;
  let store: Store;
  before(async function () {
    this.timeout(60_000);
    redis = await ownRedis();
    service = redis.services[0]!;
  });
  after(async () => {
    await redis.stop();
  });
  beforeEach(async () => {
    store = freshStore(redis, { commandTimeoutMs: 500 });
    await store.ping();
  });
  afterEach(async () => {
    await store.close();
  });

  it('reports a lost reply as unavailable and does not commit twice', async () => {
    const proxy = await startCuttingProxy(service.port);
    const behind = freshStore(redis, {
      url: `redis://127.0.0.1:${proxy.port}`,
      commandTimeoutMs: 5_000,
      keyPrefix: 'vpcast-test:cut',
    });
    try {
      const scope = newScope();
      await commit(behind, scope, put('port/a', '1'));
      const lost = commitOf(scope, [put('port/a', '2')], { counters: new Map([['ports', 1]]) });
      proxy.cutReplyTo(scope);
      expect(await codeOf(behind.commit(lost))).to.equal('unavailable');
      expect(await behind.read(scope, ['port/a'])).to.deep.equal([record('port/a', 2, '2')]);

      const retried = commitOf(scope, [put('port/a', '3')], { request: request('r1') });
      proxy.cutReplyTo(scope);
      expect(await codeOf(behind.commit(retried))).to.equal('unavailable');
      expect(await behind.commit(retried)).to.include({ outcome: 'replayed', revision: 3 });
      expect(await behind.counters(scope, ['ports'])).to.deep.equal([1]);
    } finally {
      await behind.close();
      await proxy.close();
    }
  });

  it('gives up on a server that does not answer, and goes on when it does', async () => {
    await service.kill('SIGSTOP');
    try {
      expect(await codeOf(commit(store, newScope()))).to.equal('unavailable');
      const connecting = freshStore(redis, { commandTimeoutMs: 200 });
      expect(await codeOf(connecting.ping())).to.equal('unavailable');
      await connecting.close();
    } finally {
      await service.kill('SIGCONT');
    }
    await recovers(store);
  });

  it('fails at once while the server is down, and comes back with it', async () => {
    const scope = newScope();
    await commit(store, scope, put('port/a', '1'));
    await service.stop();
    for (let attempt = 0; attempt < 3; attempt++) {
      expect(await codeOf(store.ping())).to.equal('unavailable');
    }
    await service.restart();
    await recovers(store);
    expect(await store.read(scope, ['port/a'])).to.deep.equal([record('port/a', 1, '1')]);
  });

  it('goes on after the server has forgotten the scripts', async () => {
    const scope = newScope();
    await commit(store, scope);
    await redisCommand(service.port, 'SCRIPT', 'FLUSH');
    expect((await commit(store, scope)).outcome).to.equal('committed');
  });

  it('tells a full server from one that is away', async () => {
    const scope = newScope();
    await redisCommand(service.port, 'CONFIG', 'SET', 'maxmemory', 1);
    try {
      expect(await codeOf(commit(store, scope, put('port/a', '1')))).to.equal('resource_exhausted');
    } finally {
      await redisCommand(service.port, 'CONFIG', 'SET', 'maxmemory', 0);
    }
    expect(await commit(store, scope)).to.deep.equal({ outcome: 'committed', revision: 1 });
  });

  it('tells a wrong password from a server that is away', async () => {
    await redisCommand(service.port, 'CONFIG', 'SET', 'requirepass', 'right');
    const wrong = freshStore(redis, { password: 'wrong' });
    const none = freshStore(redis);
    const right = freshStore(redis, { password: 'right' });
    try {
      expect(await codeOf(wrong.ping())).to.equal('unauthenticated');
      expect(await codeOf(none.ping())).to.equal('unauthenticated');
      expect(await codeOf(right.ping())).to.equal('no error');
      expect((await commit(right, newScope())).outcome).to.equal('committed');
    } finally {
      await Promise.all([wrong.close(), none.close(), right.close()]);
      await service.restart();
    }
    await recovers(store);
  });

  it('reports a replica as unavailable, and reconnects', async () => {
    await redisCommand(service.port, 'REPLICAOF', '127.0.0.1', 1);
    try {
      expect(await codeOf(commit(store, newScope()))).to.equal('unavailable');
    } finally {
      await redisCommand(service.port, 'REPLICAOF', 'NO', 'ONE');
    }
    await recovers(store);
    expect((await commit(store, newScope())).outcome).to.equal('committed');
  });

  it('forgets a request when its time is over', async () => {
    const brief = freshStore(redis, { requestTtlMs: 30 });
    try {
      const scope = newScope();
      const call = commitOf(scope, [], { request: request('r1') });
      await brief.commit(call);
      const isForgotten = async (): Promise<boolean> => (await brief.replay(scope, 'r1')) === undefined;
      await eventually('the request to expire', isForgotten, { timeoutMs: 5_000, intervalMs: 5 });
      expect((await brief.commit(call)).outcome).to.equal('committed');
    } finally {
      await brief.close();
    }
  });

  it('closes at once when it was never used, and answers no more after closing', async () => {
    const unused = freshStore(redis);
    await unused.close();
    await unused.close();
    expect(await codeOf(unused.ping())).to.equal('unavailable');
  });

  it('finishes what is under way before it closes', async () => {
    const scope = newScope();
    const closing = freshStore(redis);
    await closing.ping();
    const commits = Array.from({ length: 50 }, () => commit(closing, scope));
    await closing.close();
    expect((await Promise.all(commits)).every(({ outcome }) => outcome === 'committed')).to.equal(true);
  });

  it('is unavailable where nothing listens, as single server and as cluster', async () => {
    for (const cluster of [false, true]) {
      const nowhere = openRedisStore({ nodes: [{ host: '127.0.0.1', port: 1 }], cluster, keyPrefix: 'x' });
      for (let attempt = 0; attempt < 3; attempt++) {
        expect(await codeOf(nowhere.ping()), `cluster: ${cluster}`).to.equal('unavailable');
      }
      await nowhere.close();
    }
  });
});
