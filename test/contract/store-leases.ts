import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import type { GetStore } from './store-values.ts';

const always = Number.MAX_SAFE_INTEGER;

function newHosts(count: number): string[] {
  return Array.from({ length: count }, () => `host-${randomUUID()}`);
}

export function describeLeases(getStore: GetStore): void {
  describe('lease clock', () => {
    it('runs when it is advanced from what it shows', async () => {
      const store = getStore();
      const began = await store.leaseClock();
      expect(await store.advanceLeaseClock(began, 1_500)).to.equal(began + 1_500);
      expect(await store.advanceLeaseClock(began, 700), 'seen too long ago').to.equal(began + 1_500);
      expect(await store.advanceLeaseClock(began + 9_999, 700), 'never shown').to.equal(began + 1_500);
      expect(await store.leaseClock()).to.equal(began + 1_500);
    });

    it('is advanced by one of those who saw the same', async () => {
      const store = getStore();
      const began = await store.leaseClock();
      const steps = Array.from({ length: 20 }, (_, index) => 1 + index);
      const shown = await Promise.all(steps.map((byMs) => store.advanceLeaseClock(began, byMs)));
      const now = await store.leaseClock();
      expect(steps).to.include(now - began);
      expect(new Set(shown)).to.deep.equal(new Set([now]));
    });
  });

  describe('leases', () => {
    /** Leases span the store: hosts of earlier tests are heard of when no test looks. */
    beforeEach(async () => {
      const store = getStore();
      const earlier = await store.unheard(always, 1_000_000);
      await store.hear(
        earlier.map(({ host }) => host),
        always,
      );
    });

    it('tell when each host was heard of last, in the order asked', async () => {
      const store = getStore();
      const [a, b, c] = newHosts(3) as [string, string, string];
      await store.hear([a, b], 1_000);
      await store.hear([b], 2_000);
      await store.hear([a], 999);
      await store.hear([], 3_000);
      expect(await store.heard([b, c, a, b])).to.deep.equal([2_000, undefined, 1_000, 2_000]);
      expect(await store.heard([])).to.deep.equal([]);
    });

    it('know a host that was heard of when the clock had not begun', async () => {
      const store = getStore();
      const [host] = newHosts(1) as [string];
      await store.hear([host], 0);
      expect(await store.heard([host])).to.deep.equal([0]);
      expect(await store.unheard(0, 10)).to.deep.equal([]);
      expect(await store.unheard(1, 10)).to.deep.equal([{ host, atMs: 0 }]);
    });

    it('keep the latest of parallel times', async () => {
      const store = getStore();
      const hosts = newHosts(5);
      const times = Array.from({ length: 30 }, (_, index) => 100 + ((index * 7) % 30));
      await Promise.all(times.map((atMs) => store.hear(hosts, atMs)));
      expect(await store.heard(hosts)).to.deep.equal(hosts.map(() => 129));
    });

    it('show the hosts unheard of since a time, longest ago first', async () => {
      const store = getStore();
      const hosts = newHosts(300);
      // Neighbours in time are no neighbours in the list.
      const heard = hosts.map((host, index) => ({ host, atMs: 1_000 + ((index * 7) % 300) }));
      await Promise.all(heard.map(({ host, atMs }) => store.hear([host], atMs)));
      const inOrder = [...heard].sort((one, other) => one.atMs - other.atMs);
      expect(await store.unheard(1_000, 500)).to.deep.equal([]);
      expect(await store.unheard(1_001, 500)).to.deep.equal(inOrder.slice(0, 1));
      expect(await store.unheard(1_200, 500)).to.deep.equal(inOrder.slice(0, 200));
      expect(await store.unheard(1_200, 25)).to.deep.equal(inOrder.slice(0, 25));
      await store.hear([inOrder[0]!.host], 5_000);
      expect(await store.unheard(1_200, 2)).to.deep.equal(inOrder.slice(1, 3));
    });

    it('count every host once', async () => {
      const store = getStore();
      const before = await store.heardCount();
      const hosts = newHosts(2_000);
      await store.hear([...hosts, ...hosts.slice(0, 100)], 1_000);
      await store.hear(hosts.slice(0, 500), 2_000);
      expect(await store.heardCount()).to.equal(before + 2_000);
      expect(await store.unheard(2_000, 10_000)).to.have.length(1_500);
      const since = (atMs: number) => store.heardCount(atMs);
      const [begun, half, none] = [await since(1_000), await since(1_001), await since(2_001)];
      expect([begun - half, half - none]).to.deep.equal([1_500, 500]);
    });

    it('are those of a simple model, whatever the sequence', async () => {
      const store = getStore();
      const steps = fc.array(fc.tuple(fc.subarray([0, 1, 2, 3, 4]), fc.nat(9)), { maxLength: 10 });
      const property = fc.asyncProperty(steps, async (sequence) => {
        const hosts = newHosts(5);
        const times = new Map<string, number>();
        for (const [named, atMs] of sequence) {
          const ofStep = named.map((index) => hosts[index]!);
          await store.hear(ofStep, atMs);
          for (const host of ofStep) times.set(host, Math.max(atMs, times.get(host) ?? 0));
        }
        expect(await store.heard(hosts)).to.deep.equal(hosts.map((host) => times.get(host)));
        const unheard = await store.unheard(5, 1_000_000);
        const shown = unheard.filter(({ host }) => hosts.includes(host));
        const expected = [...times].map(([host, atMs]) => ({ host, atMs })).filter(({ atMs }) => atMs < 5);
        expect(shown).to.have.deep.members(expected);
        const inOrder = unheard.map(({ atMs }) => atMs);
        expect(inOrder).to.deep.equal([...inOrder].sort((one, other) => one - other));
      });
      await fc.assert(property, { numRuns: 50 });
    });
  });
}
