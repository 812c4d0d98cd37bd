import { expect } from 'chai';
import fc from 'fast-check';
import { eventually } from '../support/eventually.ts';
import { SplitFixture } from '../unit/infra-node/split-fixture.ts';
import type { SplitNode } from '../unit/infra-node/split-fixture.ts';
import { vpcScope } from '../unit/infra-node/vpc-fixture.ts';

const HOSTS = 23;

/** Before which of the sends to hosts, of all nodes together. */
const moment = fc.nat({ max: HOSTS });
const task = fc.record({
  /** Of the nodes that are there. */
  holder: fc.nat({ max: 2 }),
  kill: fc.option(fc.record({ node: fc.nat({ max: 2 }), at: moment }), { freq: 1, nil: undefined }),
  add: fc.option(moment, { nil: undefined }),
  /** Which messages about chunks are lost. */
  lost: fc.array(fc.boolean(), { maxLength: 12 }),
  chunkHosts: fc.integer({ min: 1, max: 6 }),
});
type Task = typeof task extends fc.Arbitrary<infer T> ? T : never;

/** Nodes that come and go as the tasks say. */
class Nodes {
  readonly #fixture: SplitFixture;
  readonly #there: SplitNode[] = [];
  #task: Partial<Task> = {};
  #sends = 0;
  #adding: Promise<void> = Promise.resolve();

  constructor(fixture: SplitFixture) {
    this.#fixture = fixture;
  }

  async add(): Promise<void> {
    const { chunkHosts = 2 } = this.#task;
    const node = await this.#fixture.start({
      options: { splitAbove: 1, chunkHosts, chunkPatienceMs: 20, sendsInFlight: 2 },
      onStep: async (step) => {
        if (step === 'send') await this.#beforeSend();
      },
      isLost: () => this.#task.lost?.shift() ?? false,
    });
    this.#there.push(node);
  }

  /** Whoever takes the turn; another one repeats it where that one dies. */
  async run(of: Partial<Task>): Promise<void> {
    this.#task = of;
    this.#sends = 0;
    for (;;) {
      const holder = this.#there[(of.holder ?? 0) % this.#there.length];
      const isDone =
        holder && (await Promise.race([this.#fixture.turn(holder), holder.ended.then(() => false)]));
      await this.#adding;
      if (isDone === true) return;
      await this.add();
    }
  }

  async #beforeSend(): Promise<void> {
    const { kill, add } = this.#task;
    const n = this.#sends++;
    if (n === kill?.at) {
      const [victim] = this.#there.splice(kill.node % this.#there.length, 1);
      victim?.kill();
    }
    if (n === add) {
      this.#adding = this.add();
      await this.#adding;
    }
  }
}

describe('large tasks of nodes that come and go', function () {
  this.timeout(300_000);

  it('reach every host, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(task, { minLength: 1, maxLength: 5 }), async (tasks) => {
        const fixture = new SplitFixture();
        try {
          await fixture.open(HOSTS);
          const nodes = new Nodes(fixture);
          await nodes.add();
          await nodes.add();
          let revision = 0;
          for (const each of tasks) {
            fixture.vpc.nowMs += 1_000;
            revision = await fixture.change();
            await nodes.run(each);
            expect((await fixture.store.status(vpcScope)).dispatched).to.equal(revision);
          }
          await eventually(() => {
            fixture.expectReceived(revision);
          });
        } finally {
          await fixture.close();
        }
      }),
      // What never comes is waited for, so making a failure smaller would take very long.
      { numRuns: Number(process.env['VPCAST_TEST_RUNS'] ?? 100), endOnFailure: true },
    );
  });
});
