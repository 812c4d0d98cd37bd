import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import type { Work } from '../../../core/codec/work.ts';
import { silentLogger } from '../../../core/logger.ts';
import type { Scope } from '../../../core/store/port.ts';
import type { Demand } from '../../../infra-node/resyncs.ts';
import { ScopeRunner } from '../../../infra-node/scope-runner.ts';
import { eventually } from '../../support/eventually.ts';

interface Run {
  readonly scope: Scope;
  readonly demand: Demand;
  finish(error?: Error): void;
}

describe('scope runner', () => {
  const runs: Run[] = [];
  const acknowledged: string[] = [];
  let failures = 0;
  let nowMs = 0;
  beforeEach(() => {
    runs.length = 0;
    acknowledged.length = 0;
    failures = 0;
  });

  const runner = (inFlight = 2, queued = 3): ScopeRunner =>
    new ScopeRunner({
      inFlight,
      queued,
      clock: () => nowMs,
      logger: silentLogger,
      onFailure: () => failures++,
      onMerged: () => undefined,
      run: (scope, demand) =>
        new Promise((resolve, reject) => {
          const finish = (error?: Error): void => {
            if (error === undefined) resolve();
            else reject(error);
          };
          runs.push({ scope, demand, finish });
        }),
    });

  const add = (to: ScopeRunner, name: string, work: Work): Promise<void> =>
    to.add(work, { ack: () => Promise.resolve(void acknowledged.push(name)) });
  const dispatch = (id: string): Work => ({ kind: 'dispatch', scope: `vpc/${id}` });

  it('acknowledges only after a run that began later, and takes what waits together', async () => {
    const one = runner();
    await add(one, 'a1', dispatch('a'));
    await turn();
    await add(one, 'a2', dispatch('a'));
    await add(one, 'a3', { kind: 'resync', scope: 'vpc/a', host: 'h', epoch: 2 });
    await add(one, 'a4', { kind: 'resume', scope: 'vpc/a' });
    await turn();
    expect(runs).to.have.length(1);
    expect(acknowledged).to.deep.equal([]);
    runs[0]!.finish();
    await turn();
    expect(acknowledged).to.deep.equal(['a1']);
    expect(runs).to.have.length(2);
    expect(runs.map(({ demand }) => demand.resume)).to.deep.equal([false, true]);
    expect([...runs[1]!.demand.resyncs]).to.deep.equal([['h', 2]]);
    runs[1]!.finish();
    await turn();
    expect(acknowledged).to.deep.equal(['a1', 'a2', 'a3', 'a4']);
    await one.stop();
  });

  it('runs different scopes side by side, up to the limit', async () => {
    const one = runner(2);
    for (const id of ['a', 'b', 'c']) await add(one, id, dispatch(id));
    await turn();
    expect(runs.map(({ scope }) => scope)).to.deep.equal(['vpc/a', 'vpc/b']);
    runs[1]!.finish();
    await turn();
    expect(runs.map(({ scope }) => scope)).to.deep.equal(['vpc/a', 'vpc/b', 'vpc/c']);
    for (const run of runs) run.finish();
    await one.stop();
    expect(acknowledged).to.have.members(['a', 'b', 'c']);
  });

  it('takes no further scope in while there are too many', async () => {
    const one = runner(1, 2);
    await add(one, 'a', dispatch('a'));
    await add(one, 'b', dispatch('b'));
    let taken = false;
    const third = add(one, 'c', dispatch('c')).then(() => (taken = true));
    await add(one, 'a again', dispatch('a'));
    await turn();
    expect(taken).to.be.false;
    runs[0]!.finish();
    await turn();
    runs[1]!.finish();
    await turn();
    runs[2]?.finish();
    await third;
    await turn();
    for (const run of runs) run.finish();
    await one.stop();
  });

  it('repeats a run that failed, with what came meanwhile, and lets others by', async () => {
    const one = runner(1);
    await add(one, 'a1', dispatch('a'));
    await add(one, 'b', dispatch('b'));
    await turn();
    runs[0]!.finish(new Error('no broker'));
    await turn();
    await add(one, 'a2', dispatch('a'));
    expect(runs[1]!.scope).to.equal('vpc/b');
    runs[1]!.finish();
    await eventually(() => {
      expect(runs).to.have.length(3);
    });
    expect(failures).to.equal(1);
    expect(acknowledged).to.deep.equal(['b']);
    runs[2]!.finish();
    await turn();
    expect(acknowledged).to.deep.equal(['b', 'a1', 'a2']);
    await one.stop();
  });

  it('acknowledges at once what says the same as hundreds that wait', async () => {
    const one = runner();
    for (let i = 0; i < 600; i++) await add(one, `a${i}`, dispatch('a'));
    await turn();
    expect(acknowledged).to.have.length(100);
    runs[0]!.finish();
    await turn();
    for (const run of runs) run.finish();
    await one.stop();
    expect(acknowledged).to.have.length(600);
  });

  it('keeps the first request to resume among hundreds that wait for something else', async () => {
    const one = runner();
    for (let i = 0; i < 600; i++) await add(one, `a${i}`, dispatch('a'));
    for (let i = 0; i < 3; i++) await add(one, `r${i}`, { kind: 'resume', scope: 'vpc/a' });
    await turn();
    expect(acknowledged.slice(100)).to.deep.equal(['r1', 'r2']);
    runs[0]!.finish();
    await turn();
    expect(runs[1]!.demand.resume).to.be.true;
    runs[1]!.finish();
    await one.stop();
    expect(acknowledged).to.have.length(603);
  });

  it('finishes what runs and leaves the rest unacknowledged when it stops', async () => {
    const one = runner(1);
    await add(one, 'a1', dispatch('a'));
    await turn();
    await add(one, 'a2', dispatch('a'));
    await add(one, 'b', dispatch('b'));
    const stopped = one.stop();
    await add(one, 'late', dispatch('c'));
    runs[0]!.finish();
    await stopped;
    expect(acknowledged).to.deep.equal(['a1']);
    expect(runs).to.have.length(1);
  });

  it('tells since when the oldest change waits, but for what went with the run before', async () => {
    const one = runner();
    const addSent = (work: Work, sentAtMs: number): Promise<void> =>
      one.add(work, { sentAtMs, ack: () => Promise.resolve() });
    nowMs = 1_000;
    await addSent(dispatch('a'), 990);
    await turn();
    // The first was committed before the run began, and was in the log by then.
    await addSent(dispatch('a'), 998);
    await addSent(dispatch('a'), 1_040);
    nowMs = 1_100;
    runs[0]!.finish();
    await turn();
    await addSent({ kind: 'resume', scope: 'vpc/a' }, 1_150);
    runs[1]!.finish(new Error('the broker is away'));
    await eventually(() => {
      expect(runs).to.have.length(3);
    });
    runs[2]!.finish();
    await turn();
    await addSent({ kind: 'resync', scope: 'vpc/a', host: 'h', epoch: 1 }, 1_200);
    await turn();
    runs[3]!.finish();
    expect(runs.map(({ demand }) => demand.sinceMs)).to.deep.equal([990, 1_000, 1_000, undefined]);
    await one.stop();
  });

  describe('leaves a scope alone for a while if told so', () => {
    let rests: number[] = [];
    const resting = (): ScopeRunner =>
      new ScopeRunner({
        ...{ inFlight: 2, queued: 3, logger: silentLogger, onFailure: () => failures++ },
        clock: () => nowMs,
        onMerged: () => undefined,
        restMs: () => rests.shift() ?? 0,
        run: (scope, demand) => {
          runs.push({ scope, demand, finish: () => undefined });
          return Promise.resolve();
        },
      });
    beforeEach(() => {
      rests = [60_000];
    });

    for (const pressing of [
      { kind: 'dispatch', scope: 'vpc/a', urgent: true },
      { kind: 'resync', scope: 'vpc/a', host: 'h', epoch: 1 },
    ] satisfies Work[]) {
      it(`until something presses, and then takes all that has come together: ${pressing.kind}`, async () => {
        const one = resting();
        await add(one, 'a1', dispatch('a'));
        await eventually(() => {
          expect(acknowledged).to.deep.equal(['a1']);
        });
        await add(one, 'a2', dispatch('a'));
        await add(one, 'a3', dispatch('a'));
        await turn();
        expect(runs).to.have.length(1);
        await add(one, 'a4', pressing);
        await eventually(() => {
          expect(acknowledged).to.deep.equal(['a1', 'a2', 'a3', 'a4']);
        });
        expect(runs).to.have.length(2);
      });
    }

    it('and goes on by itself', async () => {
      rests = [5];
      const one = resting();
      await add(one, 'a1', dispatch('a'));
      await add(one, 'a2', dispatch('a'));
      await eventually(() => {
        expect(acknowledged).to.deep.equal(['a1', 'a2']);
      });
    });

    it('but not other scopes, nor at the end', async () => {
      const one = resting();
      await add(one, 'a1', dispatch('a'));
      await eventually(() => {
        expect(acknowledged).to.deep.equal(['a1']);
      });
      await add(one, 'b1', dispatch('b'));
      await eventually(() => {
        expect(acknowledged).to.deep.equal(['a1', 'b1']);
      });
      await one.stop();
    });
  });
});
