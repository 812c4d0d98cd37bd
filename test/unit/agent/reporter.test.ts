import { expect } from 'chai';
import { systemClock } from '../../../core/clock.ts';
import { decodeReport, MAX_FAILURES } from '../../../core/codec/report.ts';
import type { Failure, HostReport, ScopeReport } from '../../../core/codec/report.ts';
import { silentLogger } from '../../../core/logger.ts';
import { newCounters } from '../../../agent/ports.ts';
import { Reporter } from '../../../agent/reporter.ts';

const FRAME_BYTES = 5 * 1024 * 1024;

describe('reports that an agent sends', () => {
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
      { windowMs: 10, coalesceMs: 60_000, heartbeatMs: 90_000, retry: { baseMs: 1, maxMs: 1 } },
    );
    reporter.start();
    await reporter.flush();
    reporter.note(failing('vpc/a', []), false);
    reporter.note(failing('vpc/b', []), false);
    expect(timer?.ms).to.be.within(50_000, 60_000);
    reporter.note(failing('vpc/c', []), true);
    expect(timer?.ms, 'somebody waits').to.be.within(1, 10);
    reporter.note(failing('vpc/d', []), false);
    expect(timer?.ms, 'not put off again').to.be.within(1, 10);
    timer?.ring();
    await reporter.flush();
    expect(sent.at(-1)?.scopes.map(({ scope }) => scope)).to.deep.equal(['vpc/a', 'vpc/b', 'vpc/c', 'vpc/d']);
    reporter.note(failing('vpc/a', []), false);
    expect(timer?.ms, 'nobody waits any more').to.be.within(50_000, 60_000);
    await reporter.close();
  });
});

function failing(scope: ScopeReport['scope'], failures: readonly Failure[]): ScopeReport {
  return { scope, epoch: 1, incarnation: 1, revision: 1, failures, needsSnapshot: false };
}
