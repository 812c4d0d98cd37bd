import { expect } from 'chai';
import fc from 'fast-check';
import type { Store } from '../../../core/store/port.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import { Reconciler } from '../../../infra-node/passes/reconciler.ts';
import { ReconcileFixture } from './reconcile-fixture.ts';
import { nothing, vpcScope } from './vpc-fixture.ts';

const hosts = ['h0', 'h1', 'h2'];

type Action =
  | { readonly kind: 'bind'; readonly port: string; readonly hosts: readonly string[] | undefined }
  | { readonly kind: 'dispatch' }
  | { readonly kind: 'say'; readonly host: string };

const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('bind' as const),
      port: fc.constantFrom('p0', 'p1', 'p2', 'p3'),
      hosts: fc.option(fc.uniqueArray(fc.constantFrom(...hosts), { maxLength: 2 }), { nil: undefined }),
    }),
    fc.constant({ kind: 'dispatch' as const }),
    fc.record({ kind: fc.constant('say' as const), host: fc.constantFrom(...hosts) }),
  ),
  { minLength: 5, maxLength: 40 },
);

/** The store with each call held back until the scheduler lets it go. */
function scheduled(store: Store, scheduler: fc.Scheduler): Store {
  const names = Object.keys(store) as (keyof Store)[];
  const calls = names.map((name) => {
    const call = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>;
    const wait = async (...args: unknown[]): Promise<unknown> => {
      await scheduler.schedule(Promise.resolve(), name);
      return call(...args);
    };
    return [name, wait];
  });
  return { ...store, ...(Object.fromEntries(calls) as Partial<Store>) };
}

describe('the comparison of what hosts hold, while everything changes', () => {
  it('never takes for different what is only late', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), actions, async (scheduler, drawn) => {
        const fixture = new ReconcileFixture();
        await fixture.open(hosts);
        const store = scheduled(fixture.all.fixture.store, scheduler);
        const reconciler = new Reconciler(fixture.all.fixture.node({}, undefined, store));
        const act = async (action: Action): Promise<void> => {
          if (action.kind === 'bind') await fixture.all.fixture.bind(action.port, action.hosts);
          else if (action.kind === 'dispatch') {
            await dispatchScope(fixture.node, vpcScope, nothing);
          } else await fixture.say(action.host);
        };
        const different: string[] = [];
        const looking = (async () => {
          for (let n = 0; n < 6; n++) {
            for (const { what, state } of await reconciler.look(vpcScope)) {
              if (what === 'different') different.push(state);
            }
          }
        })();
        const acting = scheduler.scheduleSequence(
          drawn.map((action) => ({ label: action.kind, builder: () => act(action) })),
        );
        await scheduler.waitIdle();
        await Promise.all([looking, acting.task]);
        expect(different).to.deep.equal([]);
      }),
      { numRuns: 300 },
    );
  });
});
