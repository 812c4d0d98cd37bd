import { expect } from 'chai';
import fc from 'fast-check';
import { dispatchScope } from '../../infra-node/dispatch.ts';
import type { Node } from '../../infra-node/node.ts';
import { expectLoss, sendAgain } from '../../infra-node/passes/send-again.ts';
import { ReportingHosts } from '../unit/infra-node/reporting-hosts.ts';
import { nothing, resume, vpcScope } from '../unit/infra-node/vpc-fixture.ts';

const ids = ['h0', 'h1', 'h2', 'h3'];
const groups = ['g0', 'g1', 'g2'];
/** In which groups they have a port. */
const atFirst = { h0: ['g0'], h1: ['g0', 'g1'], h2: ['g1'], h3: [] };
const host = fc.constantFrom(...ids);
const group = fc.constantFrom(...groups);
/** Two hosts on each partition, so windows of three. */
const options = { windowBudget: 6, changesPage: 3, maxPayloadBytes: 400 };

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('group' as const), group, named: fc.option(group) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('all' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('port' as const), host, groups: fc.subarray(groups) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('dispatch' as const) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('report' as const), host }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('offline' as const), host }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('back' as const), host }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('rob' as const), host }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('other node' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class World {
  readonly all = new ReportingHosts();
  #nodes: Node[] = [this.all.fixture.node(options), this.all.fixture.node(options)];
  #names = 0;
  readonly #offline = new Set<string>();

  get node(): Node {
    return this.#nodes[0]!;
  }

  async prepare(): Promise<void> {
    await this.all.join(this.node, ids);
    for (const [id, of] of Object.entries(atFirst)) await this.#bind(id, of);
    await this.#dispatch();
  }

  async do(each: Step): Promise<void> {
    switch (each.kind) {
      case 'group':
        return this.all.fixture.group(
          each.group,
          each.named === null ? [] : [each.named],
          `v${this.#names++}`,
        );
      case 'all':
        return this.all.change();
      case 'port':
        return this.#bind(each.host, each.groups);
      case 'dispatch':
        return this.#dispatch();
      case 'report':
        return this.#report(each.host);
      case 'offline':
        return this.#expire(each.host);
      case 'back':
        return this.#comeBack(each.host);
      case 'rob':
        return this.#rob(each.host);
      case 'other node':
        this.#nodes.reverse();
    }
  }

  /** Everybody is back and says what there is to say, until nobody is owed anything. */
  async settle(): Promise<void> {
    for (const id of ids) await this.#comeBack(id);
    await this.#dispatch();
    for (let round = 0; round < 4; round++)
      for (const id of ids) await this.all.reportAndResume(this.node, id);
    await this.all.expectConverged();
    const gaps = [...this.all.hosts.values()].map((each) => each.gaps);
    expect(gaps, 'nobody found a hole').to.deep.equal(ids.map(() => 0));
  }

  #bind(id: string, of: readonly string[]): Promise<void> {
    return this.all.fixture.bind(`q-${id}`, [id], `v${this.#names++}`, of);
  }

  async #dispatch(): Promise<void> {
    await dispatchScope(this.node, vpcScope, nothing);
  }

  async #report(id: string): Promise<void> {
    if (!this.#offline.has(id)) await this.all.reportAndResume(this.node, id);
  }

  async #expire(id: string): Promise<void> {
    const { store } = this.all.fixture;
    this.#offline.add(id);
    const now = await store.leaseClock();
    await store.hear([id], now);
    const then = await store.advanceLeaseClock(now, this.node.options.leaseMs + 1);
    await store.hear(
      ids.filter((other) => !this.#offline.has(other)),
      then,
    );
    for (const node of this.#nodes) await node.offline.poll();
  }

  async #comeBack(id: string): Promise<void> {
    const { store } = this.all.fixture;
    if (!this.#offline.delete(id)) return;
    await store.hear([id], await store.leaseClock());
    for (const node of this.#nodes) await node.offline.poll();
    await dispatchScope(this.node, vpcScope, resume);
  }

  /** What lies in its slot is thrown away, as is done where a host is offline, or lost. */
  async #rob(id: string): Promise<void> {
    const receiver = { hostId: id, epoch: 1 };
    await expectLoss(this.node, vpcScope, [receiver]);
    (await this.all.waiting(id)).length = 0;
    await sendAgain(this.node, vpcScope, [receiver]);
  }
}

describe('changes that concern some hosts, between those for all', function () {
  this.timeout(120_000);
  const numRuns = Number(process.env['VPCAST_TEST_RUNS'] ?? 300);

  it('leave every host with what it shall hold, whoever is silent, offline or robbed meanwhile', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
        const world = new World();
        await world.prepare();
        for (const each of steps) await world.do(each);
        await world.settle();
      }),
      { numRuns },
    );
  });
});
