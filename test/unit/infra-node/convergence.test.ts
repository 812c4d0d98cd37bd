import { expect } from 'chai';
import fc from 'fast-check';
import { keys, scopes } from '../../../core/model/keys.ts';
import { compileView } from '../../../core/model/view.ts';
import { readSnapshot } from '../../../core/store/snapshot.ts';
import type { Hooks } from '../../../infra-node/deps.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import { SimulatedHost } from './simulated-host.ts';
import { VpcFixture, nothing, resume, resync, vpcId, vpcScope } from './vpc-fixture.ts';

const hostIds = ['h0', 'h1', 'h2', 'h3'];
const portIds = ['p0', 'p1', 'p2', 'p3', 'p4', 'p5'];
const groupIds = ['g0', 'g1', 'g2', 'g3'];
const someGroups = fc.uniqueArray(fc.constantFrom(...groupIds), { maxLength: 2 });

type Change =
  | {
      readonly kind: 'bind';
      readonly port: string;
      readonly hosts: readonly string[];
      readonly groups: readonly string[];
    }
  /** `names` = the groups that its rules name from now on; undefined = it is deleted if nobody needs it. */
  | { readonly kind: 'group'; readonly id: string; readonly names: readonly string[] | undefined }
  | { readonly kind: 'delete'; readonly port: string }
  | { readonly kind: 'subnet'; readonly id: number; readonly removed: boolean }
  | { readonly kind: 'unlogged' };

type Step =
  | Change
  | { readonly kind: 'receive' }
  | { readonly kind: 'resync'; readonly host: string }
  /** By one of two nodes, on a VPC or on a host. `after` = it stops there, for good or while `meanwhile` happens. */
  | {
      readonly kind: 'dispatch';
      readonly node: number;
      readonly host: string | undefined;
      readonly after: number;
      readonly crash: boolean;
      readonly meanwhile: readonly Change[];
    };

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('bind' as const),
      port: fc.constantFrom(...portIds),
      hosts: fc.uniqueArray(fc.constantFrom(...hostIds), { maxLength: 2 }),
      groups: someGroups,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('group' as const),
      id: fc.constantFrom(...groupIds),
      names: fc.option(someGroups, { nil: undefined, freq: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('delete' as const), port: fc.constantFrom(...portIds) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('subnet' as const),
      id: fc.nat({ max: 2 }),
      removed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'unlogged' as const }) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: change },
  { weight: 2, arbitrary: fc.constant({ kind: 'receive' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('resync' as const), host: fc.constantFrom(...hostIds) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('dispatch' as const),
      node: fc.nat({ max: 1 }),
      host: fc.option(fc.constantFrom(...hostIds), { nil: undefined, freq: 3 }),
      after: fc.nat({ max: 30 }),
      crash: fc.boolean(),
      meanwhile: fc.array(change, { maxLength: 3 }),
    }),
  },
);

class World {
  readonly fixture = new VpcFixture();
  readonly hosts = new Map<string, SimulatedHost>();
  readonly #reported = new Map<string, number>();
  #onStep: Hooks['step'] = () => Promise.resolve();
  // Small pages and payloads, so that few records make several of each.
  readonly #options = { changesPage: 3, maxPayloadBytes: 300, sendsInFlight: 4 };
  readonly #nodes = [this.#newNode(), this.#newNode()];
  #names = 0;

  #newNode() {
    return this.fixture.node(this.#options, { step: (name, scope) => this.#onStep(name, scope) });
  }

  #node(index: number) {
    const node = this.#nodes[index];
    if (node === undefined) throw new Error(`no node ${index}`);
    return node;
  }

  async prepare(): Promise<void> {
    await this.fixture.createVpc();
    for (const [i, id] of hostIds.entries()) {
      this.hosts.set(id, new SimulatedHost(await this.fixture.register(id, 100 + i), this.fixture.east));
    }
  }

  async do(each: Step): Promise<void> {
    switch (each.kind) {
      case 'bind':
        return this.fixture.bind(each.port, each.hosts, `v${this.#names++}`, each.groups);
      case 'group':
        return this.fixture.group(each.id, each.names, `v${this.#names++}`);
      case 'delete':
        return this.fixture.bind(each.port, undefined);
      case 'subnet':
        await this.fixture.write(vpcScope, (tx) => {
          const key = keys.subnet(String(each.id));
          if (each.removed) tx.remove(key);
          else tx.put(key, { id: String(each.id), version: this.#names++ });
        });
        return;
      case 'unlogged':
        await this.fixture.write(vpcScope, (tx) => {
          tx.put(keys.mac('02'), {}, { logged: false });
        });
        return;
      case 'receive':
        return this.receive();
      case 'resync': {
        const member = await this.fixture.member(each.host);
        if (member === undefined) return;
        await dispatchScope(this.#node(0), vpcScope, resync([each.host, member.epoch]));
        return;
      }
      case 'dispatch':
        return this.#dispatch(each);
    }
  }

  async #dispatch({
    node,
    host,
    after,
    crash,
    meanwhile,
  }: Extract<Step, { kind: 'dispatch' }>): Promise<void> {
    const scope = host === undefined ? vpcScope : scopes.host(host);
    let steps = 0;
    this.#onStep = async () => {
      if (crash ? steps++ < after : steps++ !== after) return;
      // Nothing else of the crashed node may move: its other sends find the same.
      if (crash) throw new Error('crash');
      this.#onStep = () => Promise.resolve();
      for (const each of meanwhile) await this.do(each);
      await dispatchScope(this.#node(1 - node), scope, nothing);
    };
    try {
      await dispatchScope(this.#node(node), scope, nothing);
    } catch (error) {
      if (!(error instanceof Error) || error.message !== 'crash') throw error;
      this.#nodes[node] = this.#newNode();
    } finally {
      this.#onStep = () => Promise.resolve();
    }
  }

  async receive(): Promise<void> {
    for (const [id, host] of this.hosts) {
      host.receive();
      const from = this.#reported.get(id) ?? 0;
      this.#reported.set(id, host.left.length);
      for (const { hostId, partition, slot, epoch } of host.left.slice(from)) {
        await this.fixture.left({ hostId, partition, slot, epoch });
      }
      for (const [scope, { epoch, incarnation, revision }] of host.replicas) {
        await this.fixture.report(scope, id, { epoch, incarnation, revision });
      }
    }
  }

  /** No more faults: everything is dispatched and received. */
  async settle(): Promise<void> {
    for (let round = 0; round < 4; round++) {
      await dispatchScope(this.#node(0), vpcScope, resume);
      for (const id of hostIds) await dispatchScope(this.#node(1), scopes.host(id), resume);
      await this.receive();
    }
  }

  async check(): Promise<void> {
    const { records } = await readSnapshot(this.fixture.store, vpcScope);
    for (const [id, host] of this.hosts) {
      const member = await this.fixture.member(id);
      const replica = host.replicas.get(vpcScope);
      if (member === undefined) {
        expect(replica, `${id} has left`).to.equal(undefined);
      } else {
        expect(replica?.epoch, `epoch of ${id}`).to.equal(member.epoch);
        expect(Object.fromEntries(replica?.entries ?? []), id).to.deep.equal(
          Object.fromEntries(compileView(records.values(), id)),
        );
      }
      const held = (await this.fixture.assignments(id)).map(({ epoch, state }) => ({ epoch, state }));
      expect(held, `assignments of ${id}`).to.deep.equal(
        member === undefined ? [] : [{ epoch: member.epoch, state: 'member' }],
      );
      const own = [...(host.replicas.get(scopes.host(id))?.entries.keys() ?? [])];
      expect(own, `own scope of ${id}`).to.deep.equal(held.map(({ epoch }) => keys.assignment(vpcId, epoch)));
      expect(host.gaps, `holes seen by ${id}`).to.equal(0);
    }
    const drained = [...records.keys()].filter((key) => key.startsWith('slot/'));
    expect(drained).to.have.length([...records.keys()].filter((key) => key.startsWith('member/')).length);
  }
}

describe('dispatch under any faults', function () {
  this.timeout(120_000);

  it('leaves every host with exactly its view, without a hole, after commits, crashes and overtaken turns', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        await world.prepare();
        for (const each of steps) await world.do(each);
        await world.settle();
        await world.check();
      }),
      { numRuns: Number(process.env['VPCAST_TEST_RUNS'] ?? 1_000) },
    );
  });
});
