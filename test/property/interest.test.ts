import { expect } from 'chai';
import fc from 'fast-check';
import { decodeBody, decodeHeader } from '../../core/codec/envelope.ts';
import { digestOf } from '../../core/model/digest.ts';
import { isGroup } from '../../core/model/interest.ts';
import { keys } from '../../core/model/keys.ts';
import { compileView, isResource } from '../../core/model/view.ts';
import { readSnapshot } from '../../core/store/snapshot.ts';
import { dispatchScope } from '../../infra-node/dispatch.ts';
import type { Node } from '../../infra-node/node.ts';
import { expectedDigests } from '../../infra-node/passes/expected-digests.ts';
import { SimulatedHost } from '../unit/infra-node/simulated-host.ts';
import { VpcFixture, nothing, resume, resync, vpcScope } from '../unit/infra-node/vpc-fixture.ts';

const hostIds = ['h0', 'h1', 'h2', 'h3'];
const groupIds = ['g0', 'g1', 'g2', 'g3', 'g4'];
const someGroups = fc.uniqueArray(fc.constantFrom(...groupIds), { maxLength: 2 });
const host = fc.constantFrom(...hostIds);

const bind = fc.record({
  kind: fc.constant('bind' as const),
  port: fc.constantFrom('p0', 'p1', 'p2', 'p3', 'p4'),
  hosts: fc.option(fc.uniqueArray(host, { maxLength: 2 }), { nil: undefined, freq: 6 }),
  groups: someGroups,
});
const group = fc.record({
  kind: fc.constant('group' as const),
  id: fc.constantFrom(...groupIds),
  names: fc.option(someGroups, { nil: undefined, freq: 6 }),
});
const change = fc.oneof(bind, group);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

const step = fc.oneof(
  { weight: 5, arbitrary: change },
  /** Everything that is written is sent, with other changes while that is under way; hosts get it now or later. */
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('dispatch' as const),
      meanwhile: fc.array(change, { maxLength: 2 }),
      at: fc.nat({ max: 12 }),
      received: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('lose' as const), host, messages: fc.nat({ max: 2 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const), at: fc.nat({ max: 12 }) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Hosts that stay members, as a port of theirs is in no group and never leaves; so what concerns them changes, and nothing else. */
class World {
  readonly fixture = new VpcFixture();
  readonly #hosts = new Map<string, SimulatedHost>();
  readonly #lost = new Set<string>();
  #atStep: () => Promise<void> = () => Promise.resolve();
  #node = this.#newNode();
  #names = 0;
  groupsSent = 0;

  #newNode(): Node {
    const options = { changesPage: 3, maxPayloadBytes: 400, sendsInFlight: 4, windowBudget: 0 };
    return this.fixture.node(options, { step: () => this.#atStep() });
  }

  async prepare(): Promise<void> {
    await this.fixture.createVpc();
    for (const [i, id] of hostIds.entries()) {
      this.#hosts.set(id, new SimulatedHost(await this.fixture.register(id, 100 + i), this.fixture.east));
      await this.fixture.bind(`anchor-${id}`, [id], '', []);
    }
    await this.settle();
  }

  async do(each: Step): Promise<void> {
    switch (each.kind) {
      case 'bind':
        return this.fixture.bind(each.port, each.hosts, `v${this.#names++}`, each.groups);
      case 'group':
        return this.fixture.group(each.id, each.names, `v${this.#names++}`);
      case 'dispatch':
        await this.#after(each.at, async () => {
          for (const one of each.meanwhile) await this.do(one);
        });
        if (each.received) await this.receive();
        return;
      case 'lose': {
        const member = await this.fixture.member(each.host);
        if (member === undefined) return;
        const { partition, slot } = member;
        const lane = this.fixture.east.slot({ topic: this.fixture.vpcLane.topic, partition, slot });
        if (lane.splice(0, each.messages).length > 0) this.#lost.add(each.host);
        return;
      }
      case 'restart':
        await this.#after(each.at, () => Promise.reject(new Error('crash'))).catch((error: unknown) => {
          if (!(error instanceof Error) || error.message !== 'crash') throw error;
        });
        this.#node = this.#newNode();
    }
  }

  /** Dispatches, and does something once at one of its steps. */
  async #after(at: number, act: () => Promise<void>): Promise<void> {
    let steps = 0;
    this.#atStep = async () => {
      if (steps++ !== at) return;
      await act();
    };
    try {
      await dispatchScope(this.#node, vpcScope, nothing);
    } finally {
      this.#atStep = () => Promise.resolve();
    }
  }

  async receive(): Promise<void> {
    for (const [id, each] of this.#hosts) {
      each.receive();
      const replica = each.replicas.get(vpcScope);
      if (replica === undefined) continue;
      const { epoch, incarnation, revision } = replica;
      await this.fixture.report(vpcScope, id, { epoch, incarnation, revision });
    }
  }

  /** Nothing is under way, and whoever lost something asks. */
  async settle(): Promise<void> {
    await dispatchScope(this.#node, vpcScope, resume);
    await this.receive();
    for (const id of this.#lost) await dispatchScope(this.#node, vpcScope, resync([id, 1]));
    this.#lost.clear();
    await this.receive();
    await this.#check();
  }

  async #check(): Promise<void> {
    const { records } = await readSnapshot(this.fixture.store, vpcScope);
    const expected = await expectedDigests([...records.values()].filter(({ key }) => isResource(key)));
    for (const [id, each] of this.#hosts) {
      const replica = each.replicas.get(vpcScope);
      const view = compileView(records.values(), id);
      expect(Object.fromEntries(replica?.entries ?? []), id).to.deep.equal(Object.fromEntries(view));
      expect(replica?.digest, `digest of ${id}`).to.equal(expected(id).digest);
      expect(digestOf(view.values()), `expected digest of ${id}`).to.equal(expected(id).digest);
    }
  }

  /** With one change under way at a time, hosts get the groups that concern them then, and no others. */
  async checkSent(): Promise<void> {
    const { records } = await readSnapshot(this.fixture.store, vpcScope);
    await dispatchScope(this.#node, vpcScope, nothing);
    for (const id of hostIds) {
      const member = await this.fixture.member(id);
      if (member === undefined) continue;
      const { partition, slot } = member;
      const view = compileView(records.values(), id);
      for (const message of this.fixture.east.slot({ topic: this.fixture.vpcLane.topic, partition, slot })) {
        expect(decodeHeader(message.properties).host).to.equal(id);
        for (const { key } of decodeBody(message.payload).entries.filter((entry) => isGroup(entry.key))) {
          expect([...view.keys()], `what concerns ${id}`).to.include(key);
          this.groupsSent++;
        }
      }
    }
    await this.receive();
  }
}

describe('groups that begin and cease to concern hosts', function () {
  this.timeout(120_000);
  const numRuns = Number(process.env['VPCAST_TEST_RUNS'] ?? 1_000);

  it('are at exactly these hosts, whatever is written, lost or begun anew meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(step, { maxLength: 8 }), { minLength: 1, maxLength: 8 }),
        async (phases) => {
          const world = new World();
          await world.prepare();
          for (const steps of phases) {
            for (const each of steps) await world.do(each);
            await world.settle();
          }
        },
      ),
      { numRuns },
    );
  });

  it('are sent to no other host', async () => {
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 25 }), async (changes: Change[]) => {
        const world = new World();
        await world.prepare();
        for (const each of changes) {
          await world.do(each);
          await world.checkSent();
        }
        await world.settle();
        sent += world.groupsSent;
      }),
      { numRuns },
    );
    expect(sent).to.be.greaterThan(0);
  });

  it('are left to a host in the order in which its ports need them', async () => {
    const world = new World();
    await world.prepare();
    await world.do({ kind: 'group', id: 'g0', names: ['g1'] });
    await world.do({ kind: 'bind', port: 'p0', hosts: ['h0'], groups: ['g0'] });
    await world.settle();
    const { records } = await readSnapshot(world.fixture.store, vpcScope);
    expect([...compileView(records.values(), 'h0').keys()]).to.include.members([
      keys.securityGroup('g0'),
      keys.securityGroup('g1'),
    ]);
    expect([...compileView(records.values(), 'h1').keys()].filter(isGroup)).to.deep.equal([]);
  });
});
