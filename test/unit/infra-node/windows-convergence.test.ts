import { expect } from 'chai';
import fc from 'fast-check';
import { decodeHeader } from '../../../core/codec/envelope.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Entry } from '../../../core/model/view.ts';
import type { Scope } from '../../../core/store/port.ts';
import type { Hooks } from '../../../infra-node/deps.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Demand } from '../../../infra-node/resyncs.ts';
import { ReportingHosts } from './reporting-hosts.ts';
import { hostLane, nothing, resume, resync, vpcScope } from './vpc-fixture.ts';

const ids = ['h0', 'h1', 'h2', 'h3'];
/** Two on each partition: a window of 4, unless hosts leave. */
const options = { windowBudget: 8, changesPage: 3, maxPayloadBytes: 600, sendsInFlight: 4, deltaRecords: 4 };
const LARGEST_WINDOW = 8;

const host = fc.constantFrom(...ids);
const change = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('change' as const), port: fc.nat(7) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('move' as const), host, isThere: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('config' as const), host }) },
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const lease = fc.record({ kind: fc.constant('lease' as const), host, isOnline: fc.boolean() });
const report = fc.record({
  kind: fc.constant('report' as const),
  host,
  limit: fc.constantFrom(1, 3, 100),
});
const dispatch = fc.record({
  kind: fc.constant('dispatch' as const),
  node: fc.nat(1),
  host: fc.option(host, { nil: undefined, freq: 3 }),
});
/** It stops there, for good or while something else happens and the other node takes over. */
const disturbed = fc.record({
  kind: fc.constant('disturbed' as const),
  node: fc.nat(1),
  host: fc.option(host, { nil: undefined, freq: 3 }),
  after: fc.nat(25),
  crash: fc.boolean(),
  meanwhile: fc.array(fc.oneof(change, report, lease), { maxLength: 3 }),
});

const step = fc.oneof(
  // Much is dispatched one by one while hosts are silent: that is what fills windows.
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('burst' as const), node: fc.nat(1), length: fc.nat(12) }),
  },
  { weight: 3, arbitrary: change },
  { weight: 3, arbitrary: report },
  { weight: 3, arbitrary: dispatch },
  { weight: 2, arbitrary: disturbed },
  { weight: 1, arbitrary: lease },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly all = new ReportingHosts();
  readonly #away = new Set<string>();
  /** Scopes for which a host that was held has reported: the control service puts them on the work topic. */
  readonly #due = new Set<Scope>();
  readonly #left = new Map<string, number>();
  #onStep: Hooks['step'] = () => Promise.resolve();
  #nodes = [this.#newNode(), this.#newNode()];
  #disturbances = 0;
  #names = 0;

  async prepare(): Promise<void> {
    await this.all.join(this.#node(0), ids);
  }

  async do(each: Step | Change): Promise<void> {
    const { fixture } = this.all;
    switch (each.kind) {
      case 'change':
        return this.all.change(`q${each.port}`);
      case 'move':
        return fixture.bind(`p-${each.host}`, each.isThere ? [each.host] : []);
      case 'config':
        await fixture.write(scopes.host(each.host), (tx) => {
          tx.put(keys.config('ntp'), { version: this.#names++ });
        });
        return;
      case 'burst':
        for (let i = 0; i < each.length; i++) {
          await this.all.change(`q${i % 3}`);
          await this.#dispatch(each.node, vpcScope);
        }
        return;
      case 'report':
        if (!this.#away.has(each.host)) await this.#report(each.host, each.limit);
        return;
      case 'lease':
        return this.#lease(each.host, each.isOnline);
      case 'dispatch':
        return this.#dispatch(each.node, scopeOf(each.host));
      case 'disturbed':
        return this.#disturb(each);
    }
  }

  async #disturb({
    node,
    host: of,
    after,
    crash,
    meanwhile,
  }: Extract<Step, { kind: 'disturbed' }>): Promise<void> {
    this.#disturbances++;
    let steps = 0;
    this.#onStep = async () => {
      if (crash ? steps++ < after : steps++ !== after) return;
      // Nothing else of the crashed node may move: its other sends find the same.
      if (crash) throw new Error('crash');
      this.#onStep = () => Promise.resolve();
      for (const each of meanwhile) await this.do(each);
      await this.#dispatch(1 - node, scopeOf(of));
    };
    try {
      await this.#dispatch(node, scopeOf(of));
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'crash') throw error;
      this.#nodes[node] = this.#newNode();
      await this.#node(node).offline.poll();
    } finally {
      this.#onStep = () => Promise.resolve();
    }
  }

  async #dispatch(node: number, scope: Scope, demand?: Demand): Promise<void> {
    const isDue = this.#due.delete(scope);
    try {
      await dispatchScope(this.#node(node), scope, demand ?? (isDue ? resume : nothing));
    } catch (error) {
      // The work is not acknowledged and comes again.
      if (isDue) this.#due.add(scope);
      throw error;
    }
  }

  async #report(id: string, limit?: number): Promise<void> {
    for (const scope of await this.all.report(id, limit)) this.#due.add(scope);
    const left = this.all.host(id).left;
    for (const { hostId, partition, slot, epoch } of left.slice(this.#left.get(id) ?? 0)) {
      await this.all.fixture.left({ hostId, partition, slot, epoch });
    }
    this.#left.set(id, left.length);
  }

  async #lease(id: string, isOnline: boolean): Promise<void> {
    const { store } = this.all.fixture;
    if (isOnline) this.#away.delete(id);
    else this.#away.add(id);
    const now = await store.leaseClock();
    const then = await store.advanceLeaseClock(now, this.#node(0).options.leaseMs + 1);
    await store.hear(
      ids.filter((each) => !this.#away.has(each)),
      then,
    );
    await store.hear([...this.#away], now);
    for (const node of this.#nodes) await node.offline.poll();
  }

  /** A host that neither acknowledges nor reports has no more than this: each fault may repeat something. */
  async checkWindows(): Promise<void> {
    const { east } = this.all.fixture;
    for (const [i, id] of ids.entries()) {
      const member = await this.all.fixture.member(id);
      const copies = member === undefined ? [] : await this.all.headers(id);
      const own = east
        .slot({ topic: hostLane.topic, partition: 0, slot: 100 + i })
        .map(({ properties }) => decodeHeader(properties))
        .filter(({ scope }) => scope === scopes.host(id));
      for (const [what, headers, window] of [
        ['copies', copies, LARGEST_WINDOW],
        ['own', own, 4],
      ] as const) {
        const whole = headers.filter((header) => header.kind !== 'fence' && header.part === 0);
        expect(whole.length, `${what} of ${id}`).to.be.at.most(window + 1 + 2 * this.#disturbances);
      }
    }
  }

  /** No more faults: every host is there, and reports. */
  async settle(): Promise<void> {
    for (const id of ids) await this.#lease(id, true);
    for (let round = 0; round < 5; round++) {
      await this.#dispatch(0, vpcScope);
      for (const id of ids) await this.#dispatch(1, scopes.host(id));
      for (const id of ids) {
        await this.#report(id);
        for (const { scope, epoch } of this.all.host(id).want()) {
          await this.#dispatch(0, scope, resync([id, epoch]));
          await this.#report(id);
        }
      }
    }
  }

  async check(): Promise<void> {
    const members: string[] = [];
    for (const id of ids) {
      if ((await this.all.fixture.member(id)) !== undefined) members.push(id);
      else expect(this.all.host(id).replicas.get(vpcScope), `${id} has left`).to.equal(undefined);
      expect(this.all.host(id).gaps, `holes seen by ${id}`).to.equal(0);
    }
    await this.all.expectConverged(members);
    for (const id of ids) {
      const { store } = this.all.fixture;
      const assignments = await store.list(scopes.host(id), 'assignment', '', 10);
      const configs = await store.list(scopes.host(id), 'config', '', 10);
      const own = this.all.host(id).replicas.get(scopes.host(id))?.entries ?? new Map<string, Entry>();
      expect([...own.keys()].sort(), `own scope of ${id}`).to.deep.equal(
        [...assignments, ...configs].map(({ key }) => key).sort(),
      );
      expect(own.get(keys.config('ntp'))?.revision, `config of ${id}`).to.equal(configs[0]?.revision);
    }
  }

  #newNode() {
    return this.all.fixture.node(options, { step: (name, scope) => this.#onStep(name, scope) });
  }

  #node(index: number) {
    const node = this.#nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }
}

function scopeOf(id: string | undefined): Scope {
  return id === undefined ? vpcScope : scopes.host(id);
}

describe('windows under any faults', function () {
  this.timeout(120_000);

  it('bound what silent hosts are sent, and leave whoever reports in the end with exactly its view', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        await world.prepare();
        for (const each of steps) {
          await world.do(each);
          await world.checkWindows();
        }
        await world.settle();
        await world.check();
      }),
      { numRuns: Number(process.env['VPCAST_TEST_RUNS'] ?? 500) },
    );
  });
});
