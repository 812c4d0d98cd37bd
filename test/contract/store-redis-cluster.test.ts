import { expect } from 'chai';
import type { Scope } from '../../core/store/port.ts';
import { eventually } from '../../scripts/eventually.ts';
import { redisCommand } from '../../scripts/services/redis-command.ts';
import { startCuttingProxy } from './store-cutting-proxy.ts';
import { type RedisForTest, freshStore, redisCluster } from './store-services.ts';
import { codeOf, recovers } from './store-trouble.ts';
import { commit, commitOf, newScope, put, record } from './store-values.ts';

describe('a store on a Redis Cluster in trouble', () => {
  let redis: RedisForTest;
  before(async function () {
    this.timeout(120_000);
    redis = await redisCluster('always');
  });
  after(async () => {
    await redis.stop();
  });

  it('is unavailable until the node is back, and lost nothing', async () => {
    const store = freshStore(redis, { commandTimeoutMs: 1_000 });
    try {
      const scopes: Scope[] = Array.from({ length: 30 }, newScope);
      await Promise.all(scopes.map((scope) => commit(store, scope, put('port/a', '1'))));
      const node = redis.services[1]!;
      await node.kill('SIGKILL');
      const codes = await Promise.all(scopes.map((scope) => codeOf(commit(store, scope))));
      expect(codes).to.include('unavailable');
      expect(codes.every((code) => code === 'unavailable' || code === 'no error')).to.equal(true);
      await node.restart();
      const allAnswer = async (): Promise<boolean> => {
        await Promise.all(scopes.map((scope) => store.read(scope, ['port/a'])));
        return true;
      };
      await eventually('all scopes to answer again', allAnswer, { timeoutMs: 20_000, intervalMs: 50 });
      for (const scope of scopes) {
        expect(await store.read(scope, ['port/a'])).to.deep.equal([record('port/a', 1, '1')]);
      }
    } finally {
      await store.close();
    }
  });

  it('reports a lost reply as unavailable and does not commit twice', async () => {
    const proxies = await Promise.all(redis.services.map(({ port }) => startCuttingProxy(port)));
    const store = freshStore(redis);
    try {
      await announcePorts(proxies.map(({ port }) => port));
      const scope = newScope();
      await commit(store, scope, put('port/a', '1'));
      for (const proxy of proxies) proxy.cutReplyTo(scope);
      const lost = commitOf(scope, [put('port/a', '2')], { counters: new Map([['ports', 1]]) });
      expect(await codeOf(store.commit(lost))).to.equal('unavailable');
      await recovers(store, scope);
      expect(await store.read(scope, ['port/a'])).to.deep.equal([record('port/a', 2, '2')]);
      expect(await store.counters(scope, ['ports'])).to.deep.equal([1]);
    } finally {
      await store.close();
      await Promise.all(proxies.map((proxy) => proxy.close()));
      await announcePorts(redis.services.map(({ port }) => port));
    }
  });

  /** Sends clients to these ports for the nodes, one each. */
  async function announcePorts(ports: readonly number[]): Promise<void> {
    for (const [index, { port }] of redis.services.entries()) {
      await redisCommand(port, 'CONFIG', 'SET', 'cluster-announce-port', ports[index]!);
    }
    const isKnown = async (): Promise<boolean> => {
      const views = await Promise.all(
        redis.services.map(({ port }) => redisCommand(port, 'CLUSTER', 'NODES')),
      );
      return views.every((view) => ports.every((port) => String(view).includes(`127.0.0.1:${port}@`)));
    };
    await eventually('all nodes to know the ports', isKnown, { timeoutMs: 20_000 });
  }
});
