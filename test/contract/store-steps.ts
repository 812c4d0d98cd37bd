import fc from 'fast-check';
import type { RecordKey, Scope, Store } from '../../core/store/port.ts';
import { commitOf } from './store-values.ts';

/** What a generated sequence does. Few keys, receivers and ids, so that steps meet. */
export type Step =
  | {
      readonly do: 'commit';
      /** Offsets from the revision seen: 0 = the right expectation. */
      readonly expect: readonly (readonly [RecordKey, number])[];
      readonly writes: readonly { readonly key: RecordKey; readonly body: string | undefined }[];
      readonly counters: readonly (readonly [string, number])[];
      readonly requestId: string | undefined;
    }
  | { readonly do: 'changes'; readonly after: number; readonly limit: number }
  | { readonly do: 'list'; readonly kind: string; readonly after: string; readonly limit: number }
  | { readonly do: 'turn' }
  | {
      readonly do: 'advance';
      /** 0 = the newest turn's. */
      readonly turnsAgo: number;
      readonly sentAll: number | undefined;
      readonly sent: readonly (readonly [string, number])[];
      readonly forget: readonly string[];
      readonly mark: number | undefined;
    }
  | {
      readonly do: 'reincarnate';
      /** Offset from the present incarnation. */
      readonly from: number;
    }
  | {
      readonly do: 'report';
      readonly reporter: string;
      readonly incarnation: number;
      readonly epoch: number;
      readonly revision: number;
    }
  | { readonly do: 'forgetReport'; readonly reporter: string; readonly epoch: number }
  | { readonly do: 'drop' };

export const keys: readonly RecordKey[] = [
  'port/a',
  'port/b',
  'port/\u{1f600}',
  'port/\uff5e',
  'mac/1',
  'mac/2',
];
export const hosts = ['h1', 'h2', 'h3'];
export const counters = ['ports', 'hosts'];

const key = fc.constantFrom(...keys);
const host = fc.constantFrom(...hosts);
const small = fc.nat(6);
const limit = fc.integer({ min: 1, max: 5 });

export const commitStep: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('commit' as const),
  expect: fc.array(fc.tuple(key, fc.constantFrom(0, 0, 0, 0, 1, -1)), { maxLength: 2 }),
  writes: fc.array(fc.record({ key, body: fc.option(fc.string(), { nil: undefined }) }), { maxLength: 4 }),
  counters: fc.array(fc.tuple(fc.constantFrom(...counters), fc.integer({ min: -3, max: 3 })), {
    maxLength: 2,
  }),
  requestId: fc.option(fc.constantFrom('r1', 'r2', 'r3'), { nil: undefined, freq: 3 }),
});

export const readStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('changes' as const), after: small, limit }),
  fc.record({
    do: fc.constant('list' as const),
    kind: fc.constantFrom('port', 'mac'),
    after: fc.constantFrom('', 'a', 'b', '\uff5e'),
    limit,
  }),
);

export const otherStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('turn' as const) }),
  fc.record({
    do: fc.constant('advance' as const),
    turnsAgo: fc.constantFrom(0, 0, 0, 1),
    sentAll: fc.option(small, { nil: undefined }),
    sent: fc.array(fc.tuple(host, small), { maxLength: 3 }),
    forget: fc.array(host, { maxLength: 1 }),
    mark: fc.option(fc.nat(20), { nil: undefined }),
  }),
  fc.record({ do: fc.constant('reincarnate' as const), from: fc.constantFrom(0, 0, 0, -1, 1) }),
  fc.record({
    do: fc.constant('report' as const),
    reporter: host,
    incarnation: fc.nat(3),
    epoch: small,
    revision: small,
  }),
  fc.record({ do: fc.constant('forgetReport' as const), reporter: host, epoch: small }),
  fc.record({ do: fc.constant('drop' as const) }),
);

/** Carries out a step and answers with what there was to see. MAC records are unlogged, ports are logged. */
export async function take(store: Store, scope: Scope, step: Step): Promise<unknown> {
  switch (step.do) {
    case 'commit': {
      const seen = await store.read(
        scope,
        step.expect.map(([name]) => name),
      );
      const expected = step.expect.map(
        ([name, offset], index) => [name, seen[index]!.revision + offset] as const,
      );
      const writes = step.writes.map((write) => ({ ...write, logged: !write.key.startsWith('mac/') }));
      return store.commit(
        commitOf(scope, writes, {
          expect: new Map(expected),
          counters: new Map(step.counters),
          ...(step.requestId === undefined
            ? {}
            : { request: { id: step.requestId, fingerprint: JSON.stringify(step), response: 'ok' } }),
        }),
      );
    }
    case 'changes':
      return store.changes(scope, step.after, step.limit);
    case 'list':
      return store.list(scope, step.kind, step.after, step.limit);
    case 'turn':
      return store.beginDispatch(scope);
    case 'advance': {
      const { token, revision } = await store.beginDispatch(scope);
      return store.advance({
        scope,
        token: token - step.turnsAgo,
        dispatched: revision,
        sent: new Map(step.sent),
        forget: step.forget,
        ...(step.sentAll === undefined ? {} : { sentAll: step.sentAll }),
        ...(step.mark === undefined ? {} : { mark: step.mark }),
      });
    }
    case 'reincarnate': {
      const { incarnation } = await store.status(scope);
      return store.reincarnate(scope, incarnation + step.from);
    }
    case 'report':
      return store.putReport(scope, { ...step, body: JSON.stringify(step) });
    case 'forgetReport':
      return store.forgetReport(scope, step.reporter, step.epoch);
    case 'drop':
      return store.drop(scope);
  }
}

/** Everything that a scope shows. */
export async function look(store: Store, scope: Scope): Promise<Record<string, unknown>> {
  return {
    status: await store.status(scope),
    records: await store.read(scope, keys),
    changes: await store.changes(scope, 0, 1_000),
    ports: await store.list(scope, 'port', '', 1_000),
    macs: await store.list(scope, 'mac', '', 1_000),
    counters: await store.counters(scope, counters),
    sent: await store.sent(scope, hosts),
    marks: await store.marks(scope),
    reports: await store.reports(scope, hosts),
    requests: await Promise.all(['r1', 'r2', 'r3'].map((id) => store.replay(scope, id))),
  };
}
