import { expect } from 'chai';
import fc from 'fast-check';
import { openMemoryStore } from '../../adapters/memory/store.ts';
import { decodeRecord } from '../../core/codec/records.ts';
import { PlatformError } from '../../core/errors.ts';
import { keys } from '../../core/model/keys.ts';
import type { HostUse } from '../../core/model/keys.ts';
import type { Member, SlotHolder } from '../../core/model/resources.ts';
import { changeUse, freeDrained, membersCounter } from '../../core/placement/membership.ts';
import { SLOT_COUNT } from '../../core/placement/slots.ts';
import type { Scope, Store } from '../../core/store/port.ts';
import { transact } from '../../core/store/transaction.ts';
import { seeded } from '../support/random.ts';
import { scheduledStore } from '../support/scheduled-store.ts';

const scope: Scope = 'vpc/v';
const PARTITIONS = 2;
/** As few as can be drawn from, so that hosts meet on slots and run out of them. */
const SLOTS = 8;
const hostIds = Array.from({ length: 24 }, (_, n) => `h${n}`);
const oneMore = { bindings: 1, groups: new Map<string, number>() };
const oneLess = { bindings: -1, groups: new Map<string, number>() };

type Step =
  | { readonly kind: 'join'; readonly host: string; readonly partition: number }
  | { readonly kind: 'leave'; readonly host: string }
  /** The host's oldest fence is acknowledged; or again; or its present slot is, which has no fence yet. */
  | { readonly kind: 'free'; readonly host: string; readonly when: 'due' | 'again' | 'early' };

const host = fc.constantFrom(...hostIds);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('join' as const),
      host,
      partition: fc.nat({ max: PARTITIONS - 1 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('leave' as const), host }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('free' as const),
      host,
      when: fc.constantFrom('due' as const, 'again' as const, 'early' as const),
    }),
  },
);

/** Several callers at once; each does its steps one after the other. */
const callers = fc.array(fc.array(step, { maxLength: 12 }), { minLength: 1, maxLength: 5 });

class World {
  readonly store: Store;
  readonly #inner = openMemoryStore();
  readonly #drained = new Map<string, Member[]>();
  readonly #freed = new Map<string, Member[]>();
  /** Memberships whose slot was freed. */
  readonly #once = new Set<string>();
  #slots = new Map<string, SlotHolder>();
  refused = 0;

  constructor(scheduler: fc.Scheduler) {
    const checked: Store = {
      ...this.#inner,
      commit: async (commit) => {
        const outcome = await this.#inner.commit(commit);
        await this.#check();
        return outcome;
      },
    };
    this.store = scheduledStore(checked, scheduler);
  }

  async do(each: Step): Promise<void> {
    switch (each.kind) {
      case 'join':
        return this.#join(each.host, each.partition);
      case 'leave':
        return this.#leave(each.host);
      case 'free':
        return this.#free(each.host, each.when);
    }
  }

  async #join(hostId: string, partition: number): Promise<void> {
    try {
      await transact(this.store, scope, async (tx) => {
        await tx.getMany([keys.use(hostId), keys.member(hostId)]);
        await changeUse(tx, hostId, oneMore, () => Promise.resolve(partition));
      });
    } catch (error) {
      expect(PlatformError.from(error).code).to.equal('resource_exhausted');
      this.refused++;
    }
  }

  async #leave(hostId: string): Promise<void> {
    const { result } = await transact(this.store, scope, async (tx) => {
      // Together, as the control service does: between two reads the host may leave.
      await tx.getMany([keys.use(hostId), keys.member(hostId)]);
      const use = (await tx.get<HostUse>(keys.use(hostId)))?.value;
      if (use === undefined || use.bindings === 0) return null;
      const member = (await tx.get<Member>(keys.member(hostId)))?.value;
      await changeUse(tx, hostId, oneLess, () => Promise.reject(new Error('nobody joins')));
      return use.bindings === 1 ? (member ?? null) : null;
    });
    if (result !== null) push(this.#drained, hostId, result);
  }

  async #free(hostId: string, when: Extract<Step, { kind: 'free' }>['when']): Promise<void> {
    const released = await this.#released(hostId, when);
    if (released === undefined) return;
    const { result } = await transact(this.store, scope, (tx) => freeDrained(tx, released));
    if (when === 'again') expect(result, 'a slot is freed once').to.equal(false);
    if (result) {
      const name = `${hostId}/${released.epoch}`;
      expect(this.#once.has(name), `${name} is freed once`).to.equal(false);
      this.#once.add(name);
    }
    if (when === 'due') push(this.#freed, hostId, released);
  }

  async #released(
    hostId: string,
    when: Extract<Step, { kind: 'free' }>['when'],
  ): Promise<Member | undefined> {
    if (when === 'due') return this.#drained.get(hostId)?.shift();
    if (when === 'again') return this.#freed.get(hostId)?.at(-1);
    const [record] = await this.#inner.read(scope, [keys.member(hostId)]);
    return record && decodeRecord<Member>(record)?.value;
  }

  /** After every commit: what the registry says is right by itself, and follows from what it said before. */
  async #check(): Promise<void> {
    const slots = new Map((await this.#list<SlotHolder>('slot')).map((holder) => [placeOf(holder), holder]));
    const members = await this.#list<Member>('member');
    for (const { hostId, partition, slot, epoch } of members) {
      const holder = slots.get(placeOf({ partition, slot }));
      expect(holder, `slot of ${hostId}`).to.deep.equal({ hostId, partition, slot, epoch, state: 'held' });
    }
    const held = [...slots.values()].filter(({ state }) => state === 'held');
    expect(held, 'every held slot is a member’s').to.have.length(members.length);
    for (const [place, now] of slots) {
      const before = this.#slots.get(place);
      if (before === undefined) expect(now.state, `${place} was free`).to.equal('held');
      else expect(now, `${place} stays with its holder`).to.include({ ...before, state: now.state });
      if (before?.state === 'draining') expect(now.state, `${place} drains`).to.equal('draining');
    }
    for (const [place, before] of this.#slots) {
      if (!slots.has(place)) expect(before.state, `${place} was freed`).to.equal('draining');
    }
    const counted = await this.#inner.counters(scope, partitionsOf(membersCounter));
    const present = partitionsOf((n) => members.filter(({ partition }) => partition === n).length);
    expect(counted).to.deep.equal(present);
    this.#slots = slots;
  }

  /** Nobody else is at work: a partition refuses exactly when it has no free slot. */
  async checkExhaustion(): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const taken = [...this.#slots.values()].filter((holder) => holder.partition === partition);
      const before = this.refused;
      for (let n = taken.length; n < SLOTS; n++) await this.#join(`late-${partition}-${n}`, partition);
      expect(this.refused, 'free slots are found').to.equal(before);
      await this.#join(`late-${partition}`, partition);
      expect(this.refused, 'none is left').to.equal(before + 1);
    }
  }

  async #list<T>(kind: string): Promise<T[]> {
    const records = await this.#inner.list(scope, kind, '', 10_000);
    return records.flatMap((record) => decodeRecord<T>(record)?.value ?? []);
  }
}

function placeOf({ partition, slot }: Pick<Member, 'partition' | 'slot'>): string {
  return `${partition}/${slot}`;
}

function partitionsOf<T>(of: (partition: number) => T): T[] {
  return Array.from({ length: PARTITIONS }, (_, partition) => of(partition));
}

function push<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  list.push(item);
}

describe('the registry of slots', function () {
  this.timeout(300_000);
  const { random } = Math;
  afterEach(() => {
    Math.random = random;
  });

  it('never gives a slot to two, nor again before it is freed, however calls interleave', async () => {
    let refused = 0;
    let joined = 0;
    await fc.assert(
      fc.asyncProperty(callers, fc.scheduler(), fc.nat(), async (lists, scheduler, seed) => {
        const { integer } = seeded(seed);
        Math.random = () => (integer(0, SLOTS - 1) + 0.5) / (SLOT_COUNT - 1);
        const world = new World(scheduler);
        const all = Promise.all(
          lists.map(async (steps) => {
            for (const each of steps) await world.do(each);
          }),
        );
        await scheduler.waitFor(all);
        const afterwards = world.checkExhaustion();
        await scheduler.waitFor(afterwards);
        refused += world.refused - PARTITIONS;
        joined += lists.flat().filter(({ kind }) => kind === 'join').length;
      }),
      { numRuns: Number(process.env['VPCAST_TEST_RUNS'] ?? 300) },
    );
    expect(refused, 'slots ran out while others came and went').to.be.greaterThan(0);
    expect(joined).to.be.greaterThan(refused * 2);
  });
});
