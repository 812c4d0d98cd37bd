import { expect } from 'chai';
import fc from 'fast-check';
import { openMemoryStore } from '../../adapters/memory/store.ts';
import type { Store } from '../../core/store/port.ts';
import { describeStoreContract } from './store.ts';
import { type RedisForTest, freshStore, redisCluster, singleRedis } from './store-services.ts';
import { commitStep, look, otherStep, readStep, take } from './store-steps.ts';
import { newScope } from './store-values.ts';

describeStoreContract('memory', () => Promise.resolve(openMemoryStore()));

const kinds = [
  { name: 'Redis', start: singleRedis },
  { name: 'Redis Cluster', start: () => redisCluster() },
];

for (const { name, start } of kinds) {
  describe(`with ${name}`, () => {
    let redis: RedisForTest | undefined;
    before(async function () {
      this.timeout(120_000);
      redis = await start();
    });
    after(async () => {
      await redis?.stop();
    });

    describeStoreContract(name, () => Promise.resolve(freshStore(redis!)));

    it('answers every sequence of calls as the memory store does', async () => {
      const real = freshStore(redis!);
      try {
        await answersAlike(real, openMemoryStore());
      } finally {
        await real.close();
      }
    });
  });
}

async function answersAlike(one: Store, other: Store): Promise<void> {
  const steps = fc.array(fc.oneof(commitStep, readStep, otherStep), { maxLength: 30 });
  const property = fc.asyncProperty(steps, async (sequence) => {
    const scope = newScope();
    for (const step of sequence) {
      expect(await take(one, scope, step)).to.deep.equal(await take(other, scope, step));
    }
    expect(await look(one, scope)).to.deep.equal(await look(other, scope));
  });
  await fc.assert(property, { numRuns: 100 });
}
