import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { systemClock } from '../../../core/clock.ts';
import { decodeReport, MAX_FAILURES } from '../../../core/codec/report.ts';
import type { Failure, HostReport, ScopeReport } from '../../../core/codec/report.ts';
import { silentLogger } from '../../../core/logger.ts';
import { newCounters } from '../../../agent/ports.ts';
import { Reporter } from '../../../agent/reporter.ts';
import type { ReporterOptions } from '../../../agent/reporter.ts';

const FRAME_BYTES = 5 * 1024 * 1024;

/** What it sends, and the timer that it has set last. */
function heard(options: Partial<ReporterOptions> = {}) {
  const sent: HostReport[] = [];
  const sizes: number[] = [];
  let timer: { readonly ms: number; readonly ring: () => void } | undefined;
  let isAway = false;
  const reporter = new Reporter(
    {
      host: 'host-0123456789',
      send: (payload) => {
        if (isAway) return Promise.reject(new Error('away'));
        sizes.push(payload.length);
        sent.push(decodeReport(payload));
        return Promise.resolve();
      },
      clock: systemClock,
      after: (ms, ring) => {
        timer = { ms, ring };
        return () => (timer = undefined);
      },
      logger: silentLogger,
      counters: newCounters(),
    },
    { windowMs: 0, coalesceMs: 0, heartbeatMs: 1, retry: { baseMs: 1, maxMs: 1 }, ...options },
  );
  const scopesOf = (report: HostReport | undefined) => report?.scopes.map(({ scope }) => scope);
  return {
    ...{ reporter, sent, sizes },
    last: () => scopesOf(sent.at(-1)),
    timerMs: () => timer?.ms,
    setAway: (away: boolean) => (isAway = away),
    /** Lets the timer ring when its time has come, and the report go out. */
    heartbeat: async () => {
      await delay((timer?.ms ?? 0) + 1);
      timer?.ring();
      await reporter.flush();
    },
  };
}

describe('reports that an agent sends', () => {
  it('go out when they are asked for, with nothing to say, and not before there is a bus', async () => {
    const { reporter, sent, setAway } = heard({ heartbeatMs: 60_000 });
    await reporter.beat();
    expect(sent).to.have.length(0);
    reporter.start();
    await reporter.flush();
    expect(sent).to.have.length(1);
    await reporter.beat();
    expect(sent).to.have.length(2);
    expect(sent[1]).to.include({ host: 'host-0123456789' }).and.to.deep.include({ scopes: [], left: [] });
    setAway(true);
    await reporter.beat();
    setAway(false);
    await reporter.beat();
    expect(sent).to.have.length(3);
  });

  it('are heartbeats, when they are asked for in the second half of the time until the next one', async () => {
    const { reporter, sent, timerMs } = heard({ heartbeatMs: 2_000 });
    reporter.start();
    await reporter.flush();
    await reporter.beat();
    expect(timerMs()).to.be.below(2_000);
    await delay(1_100);
    await reporter.beat();
    expect(sent).to.have.length(3);
    expect(timerMs()).to.be.above(1_500);
  });

  it('fit into a frame each, also when the data plane refuses everything', async () => {
    const sent: HostReport[] = [];
    const reporter = new Reporter(
      {
        host: 'h',
        send: (payload) => {
          expect(payload.length).to.be.below(FRAME_BYTES);
          sent.push(decodeReport(payload));
          return Promise.resolve();
        },
        clock: systemClock,
        after: () => () => undefined,
        logger: silentLogger,
        counters: newCounters(),
      },
      { windowMs: 0, coalesceMs: 0, heartbeatMs: 1_000, retry: { baseMs: 1, maxMs: 1 } },
    );
    const failures = Array.from({ length: 20_000 }, (_, i): Failure => {
      return { key: `port/${i}`, revision: i, reason: 'x'.repeat(10_000) };
    });
    reporter.start();
    await reporter.flush();
    for (let i = 0; i < 20; i++) reporter.note(failing(`vpc/${i}`, failures), true);
    for (let i = 0; i < 20; i++) await reporter.flush();
    await reporter.close();
    const scopes = sent.flatMap((report) => report.scopes);
    expect(new Set(scopes.map(({ scope }) => scope)).size).to.equal(20);
    expect(scopes.every((scope) => scope.failures.length === MAX_FAILURES + 1)).to.equal(true);
  });

  it('go at once when somebody waits, and together when nobody does', async () => {
    const sent: HostReport[] = [];
    let timer: { readonly ms: number; readonly ring: () => void } | undefined;
    const reporter = new Reporter(
      {
        host: 'h',
        send: (payload) => Promise.resolve(void sent.push(decodeReport(payload))),
        clock: systemClock,
        after: (ms, ring) => {
          timer = { ms, ring };
          return () => (timer = undefined);
        },
        logger: silentLogger,
        counters: newCounters(),
      },
      { windowMs: 5_000, coalesceMs: 60_000, heartbeatMs: 90_000, retry: { baseMs: 1, maxMs: 1 } },
    );
    reporter.start();
    await reporter.flush();
    reporter.note(failing('vpc/a', []), false);
    reporter.note(failing('vpc/b', []), false);
    expect(timer?.ms).to.be.within(50_000, 60_000);
    reporter.note(failing('vpc/c', []), true);
    expect(timer?.ms, 'somebody waits').to.be.within(1, 5_000);
    reporter.note(failing('vpc/d', []), false);
    expect(timer?.ms, 'not put off again').to.be.within(1, 5_000);
    timer?.ring();
    await reporter.flush();
    expect(sent.at(-1)?.scopes.map(({ scope }) => scope)).to.deep.equal(['vpc/a', 'vpc/b', 'vpc/c', 'vpc/d']);
    reporter.note(failing('vpc/a', []), false);
    expect(timer?.ms, 'nobody waits any more').to.be.within(50_000, 60_000);
    await reporter.close();
  });

  it('do not leave at once, even after a long silence, where nobody waits for them', async () => {
    const { reporter, sent, timerMs } = heard({ coalesceMs: 20, heartbeatMs: 60_000 });
    reporter.start();
    await reporter.flush();
    await delay(25);
    reporter.note(failing('vpc/a', []), false);
    await Promise.resolve();
    expect(sent).to.have.length(1);
    expect(timerMs()).to.be.within(1, 20);
    reporter.note(failing('vpc/b', []), true);
    await reporter.flush();
    expect(sent.at(-1)?.scopes.map(({ scope }) => scope)).to.deep.equal(['vpc/a', 'vpc/b']);
    await reporter.close();
  });

  it('wait for the heartbeat where the host reads along and nobody waits for them', async () => {
    const { reporter, sent, last, timerMs, heartbeat } = heard({ coalesceMs: 1, heartbeatMs: 40 });
    reporter.start();
    await reporter.flush();
    const heartbeatMs = timerMs();
    reporter.note({ ...failing('vpc/a', []), reading: 3 }, false);
    expect(timerMs()).to.equal(heartbeatMs);
    expect(sent).to.have.length(1);
    await heartbeat();
    expect(last()).to.deep.equal(['vpc/a']);
    await reporter.close();
  });

  it('are repeated by heartbeats, every scope in its turn', async () => {
    const { reporter, sent, last, heartbeat } = heard();
    const scopes = Array.from({ length: 20 }, (_, i) => `vpc/${i}` as const);
    for (const scope of scopes) reporter.note(failing(scope, []), false);
    reporter.start();
    await reporter.flush();
    expect(last()).to.deep.equal(scopes);
    for (let i = 0; i < 5; i++) await heartbeat();
    expect(sent.slice(1).flatMap((report) => report.scopes.map(({ scope }) => scope))).to.deep.equal([
      ...scopes,
      ...scopes,
    ]);
    const before = sent.length;
    reporter.note({ ...failing('vpc/3', []), revision: 7 }, true);
    await reporter.flush();
    for (let i = 0; i < 3; i++) await heartbeat();
    const since = sent.slice(before).flatMap((report) => report.scopes.map(({ scope }) => scope));
    expect(since.slice(0, 20), 'all others before the one just said').to.have.members(scopes);
    reporter.forget('vpc/8');
    for (let i = 0; i < 3; i++) await heartbeat();
    const repeated = sent.slice(-3).flatMap((report) => report.scopes);
    expect(repeated.map(({ scope }) => scope)).not.to.include('vpc/8');
    expect(repeated.find(({ scope }) => scope === 'vpc/3')?.revision).to.equal(7);
    await reporter.close();
  });

  it('are repeated by the next heartbeat when they were asked for', async () => {
    const { reporter, last, heartbeat, setAway } = heard();
    for (let i = 0; i < 20; i++) reporter.note(failing(`vpc/${i}`, []), false);
    reporter.start();
    await reporter.flush();
    reporter.asked('vpc/19');
    reporter.note(failing('vpc/19', []), true);
    await reporter.flush();
    setAway(true);
    await heartbeat();
    setAway(false);
    await heartbeat();
    expect(last()?.[0], 'the first one that got through').to.equal('vpc/19');
    await heartbeat();
    expect(last()).not.to.include('vpc/19');
    await reporter.close();
  });

  it('repeat also on a host that has always something to say', async () => {
    const { reporter, sent, sizes } = heard({ heartbeatMs: 5 });
    reporter.note(failing('vpc/quiet', []), false);
    reporter.start();
    await reporter.flush();
    for (let revision = 2; !sent.slice(1).some((report) => report.scopes.length > 1); revision++) {
      reporter.note({ ...failing('vpc/busy', []), revision }, true);
      await reporter.flush();
      await delay(1);
    }
    expect(sent.at(-1)?.scopes.map(({ scope }) => scope)).to.deep.equal(['vpc/busy', 'vpc/quiet']);
    expect(sizes).to.have.length(sent.length);
    await reporter.close();
  });

  it('are small when nothing happens on a host with 50 VPCs', async () => {
    const { reporter, sizes, heartbeat } = heard();
    for (let i = 0; i < 50; i++) reporter.note(typical(), false);
    reporter.start();
    await reporter.flush();
    for (let i = 0; i < 7; i++) await heartbeat();
    expect(Math.max(...sizes.slice(1))).to.be.within(1_000, 1_500);
    await reporter.close();
  });
});

function failing(scope: ScopeReport['scope'], failures: readonly Failure[]): ScopeReport {
  return { scope, epoch: 1, incarnation: 1, revision: 1, failures, needsSnapshot: false };
}

function typical(): ScopeReport {
  return {
    ...failing(`vpc/${randomUUID()}`, []),
    ...{ epoch: 12, revision: 1_234_567, digest: 2 ** 47 },
  };
}
