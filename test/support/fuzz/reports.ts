/** Reports that the control service cannot use. */
import { badCounts, badObjects, flipped, nested, noise, truncated } from './random.ts';
import type { Random } from './random.ts';

const failure = { key: 'port/p', revision: 1, reason: 'because' };
const scope = {
  scope: 'vpc/a',
  epoch: 1,
  incarnation: 1,
  revision: 1,
  failures: [failure],
  needsSnapshot: false,
  digest: 0,
};
const left = { scope: 'vpc/a', epoch: 1, partition: 0, slot: 1 };
const report = { host: 'h', sentAtMs: 1, scopes: [scope], left: [left] };

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function without(value: object, name: string): object {
  return Object.fromEntries(Object.entries(value).filter(([other]) => other !== name));
}

/** Those that must be there and of the right kind. */
const required = {
  report: Object.keys(report),
  scope: ['scope', 'epoch', 'incarnation', 'revision', 'failures', 'needsSnapshot'],
  left: Object.keys(left),
  failure: Object.keys(failure),
};

export function badReport(random: Random): Buffer {
  const wrong = random.pick(badObjects);
  switch (random.integer(0, 10)) {
    case 0:
      return noise(random);
    case 1:
      return truncated(random, json(report));
    case 2:
      return flipped(random, json(report));
    case 3:
      return json(wrong);
    case 4:
      return json(without(report, random.pick(required.report)));
    case 5:
      return json({ ...report, scopes: [scope, without(scope, random.pick(required.scope))] });
    case 6:
      return json({ ...report, left: [left, without(left, random.pick(required.left))] });
    case 7:
      return json({
        ...report,
        scopes: [{ ...scope, [random.pick(['epoch', 'incarnation', 'revision'])]: random.pick(badCounts) }],
      });
    case 8:
      return json({
        ...report,
        scopes: [{ ...scope, failures: [without(failure, random.pick(required.failure))] }],
      });
    case 9:
      return json({ ...report, [random.pick(['scopes', 'left'])]: random.pick([0, {}, 'x', null, [wrong]]) });
    default:
      return random.pick([
        Buffer.from(`{"host":"h","sentAtMs":1,"scopes":${nested(random)},"left":[]}`),
        Buffer.from('{"__proto__":{"host":"h","sentAtMs":1,"scopes":[],"left":[]}}'),
        json({
          ...report,
          scopes: [{ ...scope, scope: random.pick(['', 'vpc', 'foo/bar', '__proto__/x', 'vpc/']) }],
        }),
        json({ ...report, left: [{ ...left, scope: random.pick(['', 'vpc', 'foo/bar', '}{/x', 'host/']) }] }),
        json({ ...report, host: random.pick(['', 0, null, {}]) }),
      ]);
  }
}

/** Understood, but of nobody who takes part: nothing may come of it. */
export function idleReport(random: Random, vpcId: string, hosts: readonly string[]): Buffer {
  const host = random.pick([...hosts, `stranger-${random.integer(0, 1e9)}`]);
  const epoch = random.pick([0, 10_000, Number.MAX_SAFE_INTEGER]);
  const revision = random.pick([0, 1e9, Number.MAX_SAFE_INTEGER]);
  const of = random.pick([`vpc/${vpcId}`, 'vpc/none', `vpc/none-${random.integer(0, 1e9)}`, 'host/nobody']);
  return json({
    ...report,
    ...{ host, left: [], extra: { deep: [[[]]] } },
    scopes: [{ ...scope, scope: of, epoch, revision, needsSnapshot: random.integer(0, 1) === 1 }],
  });
}
