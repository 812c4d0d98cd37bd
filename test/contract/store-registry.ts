import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import type { ClaimOutcome, Scope } from '../../core/store/port.ts';
import { eventually } from '../../scripts/eventually.ts';
import { type GetStore, newScope } from './store-values.ts';

export function describeRegistry(getStore: GetStore): void {
  describe('claims', () => {
    it('gives a free name to the first, and says who holds it', async () => {
      const store = getStore();
      const id = randomUUID();
      const first = await store.claim('port', id, 'vpc/one');
      expect(first).to.deep.equal({ owner: 'vpc/one', ageMs: 0 });
      expect((await store.claim('port', id, 'vpc/two')).owner).to.equal('vpc/one');
      expect((await store.claim('subnet', id, 'vpc/two')).owner, 'another kind').to.equal('vpc/two');
      expect(await store.owners('port', [randomUUID(), id])).to.deep.equal([undefined, 'vpc/one']);
      expect(await store.owners('port', [])).to.deep.equal([]);
    });

    /** The claim as another sees it, once it is so old. */
    const whenOlder = async (id: string, ms: number): Promise<ClaimOutcome> => {
      const look = (): Promise<ClaimOutcome> => getStore().claim('port', id, 'nobody');
      const isOlder = async (): Promise<boolean> => (await look()).ageMs >= ms;
      await eventually('the claim to age', isOlder, { timeoutMs: 5_000, intervalMs: 1 });
      return look();
    };

    it('tells how old a claim is; it is new again when its owner repeats it', async () => {
      const store = getStore();
      const id = randomUUID();
      const began = performance.now();
      await store.claim('port', id, 'a');
      const { owner, ageMs } = await whenOlder(id, 50);
      expect(owner).to.equal('a');
      expect(ageMs).to.be.at.most(performance.now() - began + 1);
      const again = performance.now();
      expect(await store.claim('port', id, 'a')).to.deep.equal({ owner: 'a', ageMs: 0 });
      expect((await store.claim('port', id, 'b')).ageMs).to.be.at.most(performance.now() - again + 1);
    });

    it('hands a name over from the claim that was seen', async () => {
      const store = getStore();
      const id = randomUUID();
      const take = async (owner: string, from: string, ageMs = 0): Promise<string> =>
        (await store.claim('port', id, owner, { owner: from, ageMs })).owner;
      expect(await take('a', 'nobody'), 'free').to.equal('a');
      expect(await take('b', 'other'), 'held by another').to.equal('a');
      expect(await take('b', 'a', 60_000), 'younger').to.equal('a');
      expect(await take('b', 'a')).to.equal('b');
      expect(await take('c', 'a'), 'too late').to.equal('b');
      const seen = await whenOlder(id, 50);
      await store.claim('port', id, 'b');
      expect((await store.claim('port', id, 'c', seen)).owner, 'repeated since').to.equal('b');
      expect((await store.claim('port', id, 'c', await whenOlder(id, 5))).owner).to.equal('c');
      expect((await store.claim('port', id, 'd')).ageMs, 'new with its new owner').to.be.lessThan(5_000);
    });

    it('frees a name for its owner only', async () => {
      const store = getStore();
      const id = randomUUID();
      await store.claim('port', id, 'a');
      await store.release('port', id, 'b');
      expect(await store.owners('port', [id])).to.deep.equal(['a']);
      await store.release('port', id, 'a');
      await store.release('port', id, 'a');
      expect(await store.owners('port', [id])).to.deep.equal([undefined]);
    });

    it('has one winner in a race', async () => {
      const store = getStore();
      const names = Array.from({ length: 20 }, () => randomUUID());
      const racers = Array.from({ length: 10 }, (_, index) => `racer-${index}`);
      const race = async (id: string, replacing?: ClaimOutcome): Promise<string> => {
        const outcomes = await Promise.all(racers.map((racer) => store.claim('port', id, racer, replacing)));
        const winners = new Set(outcomes.map(({ owner }) => owner));
        expect(winners.size).to.equal(1);
        return [...winners][0]!;
      };
      const winners = await Promise.all(names.map((id) => race(id)));
      expect(await store.owners('port', names)).to.deep.equal(winners);

      const id = randomUUID();
      const successor = await race(id, await store.claim('port', id, 'old'));
      expect(await store.owners('port', [id])).to.deep.equal([successor]);
    });
  });

  describe('catalogs', () => {
    it('pages through ids in order', async () => {
      const store = getStore();
      const name = `vpcs/${randomUUID()}`;
      const ids = ['c', 'a', 'e', 'b', 'd', 'a'];
      for (const id of ids) await store.enlist(name, id);
      await store.delist(name, 'c');
      await store.delist(name, 'none');
      expect(await store.catalog(name, '', 2)).to.deep.equal(['a', 'b']);
      expect(await store.catalog(name, 'b', 2)).to.deep.equal(['d', 'e']);
      expect(await store.catalog(name, 'c', 1), 'after an id that is gone').to.deep.equal(['d']);
      expect(await store.catalog(name, 'e', 2)).to.deep.equal([]);
      expect(await store.catalog(`${name}/other`, '', 2)).to.deep.equal([]);
    });
  });

  describe('announcements', () => {
    /** Announcements span the store: the test begins and ends without any. */
    const clear = async (): Promise<void> => {
      const store = getStore();
      for (const { scope } of await store.announced(0, 1_000)) await store.settle(scope, 0);
    };
    beforeEach(clear);
    after(clear);

    const untilOlder = async (scope: Scope, ms: number): Promise<void> => {
      const isOlder = async (): Promise<boolean> =>
        (await getStore().announced(ms, 1_000)).some((announced) => announced.scope === scope);
      await eventually('the announcement to age', isOlder, { timeoutMs: 5_000, intervalMs: 1 });
    };

    it('shows those of a certain age, oldest first', async () => {
      const store = getStore();
      const scopes = Array.from({ length: 6 }, newScope);
      for (const scope of scopes) {
        await store.announce(scope);
        // Two announcements within one millisecond have no order.
        await untilOlder(scope, 2);
      }
      const began = performance.now();
      const all = await store.announced(0, 10);
      // Parts of the store may be read one after another: ages are of slightly different moments.
      const skewMs = Math.ceil(performance.now() - began);
      expect(all.map(({ scope }) => scope)).to.have.members(scopes);
      const ages = all.map(({ ageMs }) => ageMs);
      expect(ages).to.deep.equal([...ages].sort((one, other) => other - one));
      const ageOf = new Map(all.map(({ scope, ageMs }) => [scope, ageMs]));
      for (const [n, scope] of scopes.slice(1).entries()) {
        expect(ageOf.get(scope)).to.be.at.most((ageOf.get(scopes[n]!) ?? 0) + skewMs);
      }
      expect(ageOf.get(scopes[0]!)).to.be.at.least(12);
      expect(await store.announced(0, 1)).to.have.length(1);
      expect(await store.announced(60_000, 10)).to.deep.equal([]);
    });

    it('settles what was not announced again', async () => {
      const store = getStore();
      const scope = newScope();
      await store.announce(scope);
      await store.settle(scope, 60_000);
      expect(await store.announced(0, 10), 'too young').to.have.length(1);
      await untilOlder(scope, 20);
      await store.announce(scope);
      expect((await store.announced(0, 10))[0]!.ageMs, 'renewed').to.be.lessThan(20);
      await untilOlder(scope, 10);
      await store.settle(scope, 10);
      await store.settle(scope, 10);
      expect(await store.announced(0, 10)).to.deep.equal([]);
    });

    it('finds every one of many', async () => {
      const store = getStore();
      const scopes = Array.from({ length: 100 }, () => newScope());
      await Promise.all(scopes.map((scope) => store.announce(scope)));
      const found = await store.announced(0, 1_000);
      expect(found.map(({ scope }) => scope)).to.have.members(scopes);
      expect(await store.announced(0, 30)).to.have.length(30);
    });
  });

  describe('numbers', () => {
    it('gives each number once, from 1', async () => {
      const store = getStore();
      const name = `counter/${randomUUID()}`;
      const numbers = await Promise.all(Array.from({ length: 50 }, () => store.next(name)));
      expect(numbers.sort((one, other) => one - other)).to.deep.equal(
        Array.from({ length: 50 }, (_, index) => index + 1),
      );
      expect(await store.next(`${name}/other`)).to.equal(1);
    });
  });
}
