import { expect } from 'chai';
import fc from 'fast-check';
import type { ChangePage, CommitOutcome, RecordKey, Store, StoredRecord } from '../../core/store/port.ts';
import { type Step, commitStep, counters, keys, readStep, take } from './store-steps.ts';
import { type GetStore, newScope } from './store-values.ts';

/** The scope as its documentation says, without any thought for speed: it scans everything, always. */
class Model {
  revision = 0;
  records = new Map<RecordKey, StoredRecord>();
  counters = new Map<string, number>();
  requests = new Map<string, CommitOutcome>();

  get(key: RecordKey): StoredRecord {
    return this.records.get(key) ?? { key, revision: 0, body: undefined };
  }

  take(step: Step): unknown {
    switch (step.do) {
      case 'commit':
        return this.#commit(step);
      case 'changes':
        return this.#changes(step.after, step.limit);
      case 'list':
        return this.#list(step.kind, step.after, step.limit);
      default:
        throw new Error(`not in the model: ${step.do}`);
    }
  }

  #commit(step: Extract<Step, { do: 'commit' }>): CommitOutcome {
    const known = this.requests.get(step.requestId ?? '');
    if (known !== undefined) return known;
    // Of two expectations on one key the last one stands, since they are a map.
    if ([...new Map(step.expect).values()].some((offset) => offset !== 0)) return { outcome: 'conflict' };
    const revision = ++this.revision;
    for (const { key, body } of step.writes) {
      if (body === undefined && key.startsWith('mac/')) this.records.delete(key);
      else this.records.set(key, { key, revision, body });
    }
    for (const [name, amount] of new Map(step.counters)) {
      this.counters.set(name, (this.counters.get(name) ?? 0) + amount);
    }
    if (step.requestId !== undefined) {
      const fingerprint = JSON.stringify(step);
      this.requests.set(step.requestId, { outcome: 'replayed', revision, fingerprint, response: 'ok' });
    }
    return { outcome: 'committed', revision };
  }

  #changes(after: number, limit: number): ChangePage {
    const all = [...this.records.values()]
      .filter(({ key, revision }) => key.startsWith('port/') && revision > after)
      .sort((one, other) => one.revision - other.revision || compareKeys(one, other));
    const last = all[limit - 1]?.revision ?? Infinity;
    const changes = all.filter(({ revision }) => revision <= last);
    return { changes, through: changes.length === all.length ? this.revision : last, head: this.revision };
  }

  #list(kind: string, after: string, limit: number): StoredRecord[] {
    const from = Buffer.from(`${kind}/${after}`);
    return [...this.records.values()]
      .filter(({ key, body }) => kind === 'port' && key.startsWith('port/') && body !== undefined)
      .filter(({ key }) => Buffer.compare(Buffer.from(key), from) > 0)
      .sort(compareKeys)
      .slice(0, limit);
  }
}

function compareKeys(one: StoredRecord, other: StoredRecord): number {
  return Buffer.compare(Buffer.from(one.key), Buffer.from(other.key));
}

async function follows(store: Store, steps: readonly Step[]): Promise<void> {
  const scope = newScope();
  const model = new Model();
  for (const step of steps) {
    expect(await take(store, scope, step)).to.deep.equal(model.take(step));
  }
  expect(await store.read(scope, keys)).to.deep.equal(keys.map((key) => model.get(key)));
  expect(await store.counters(scope, counters)).to.deep.equal(
    counters.map((name) => model.counters.get(name) ?? 0),
  );
  expect((await store.status(scope)).revision).to.equal(model.revision);
}

export function describeModel(getStore: GetStore): void {
  it('does what a simple model does, whatever the sequence', async () => {
    const steps = fc.array(fc.oneof({ arbitrary: commitStep, weight: 2 }, readStep), { maxLength: 25 });
    const property = fc.asyncProperty(steps, (sequence) => follows(getStore(), sequence));
    await fc.assert(property, { numRuns: 100 });
  });
}
