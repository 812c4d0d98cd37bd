import { expect } from 'chai';
import { programMemory, slopeOf } from '../../../bench/memory/figures.ts';
import { LightHosts } from '../../../bench/memory/light-hosts.ts';
import type { Header } from '../../../core/codec/envelope.ts';

const scope = 'vpc/v';

function changes(host: string, from: number, to: number, more: object = {}): Header {
  const part = { turn: 1, part: 0, parts: 1 };
  return { kind: 'changes', scope, host, epoch: 1, incarnation: 1, from, to, ask: false, ...part, ...more };
}

describe('memory: light hosts', () => {
  it('report what they were sent', () => {
    const hosts = new LightHosts(['a', 'b']);
    hosts.took(changes('a', 0, 4));
    hosts.took(changes('a', 2, 3));
    hosts.took(changes('a', 4, 9, { parts: 2 }));
    hosts.took(changes('elsewhere', 0, 4));
    expect(hosts.joined).to.equal(1);
    expect(hosts.takeDue()).to.deep.equal(['a']);
    expect(hosts.takeDue()).to.deep.equal([]);
    const [report] = hosts.report('a', 5).scopes;
    expect(report).to.deep.equal({
      scope,
      epoch: 1,
      incarnation: 1,
      revision: 4,
      failures: [],
      needsSnapshot: false,
    });
    expect(hosts.report('b', 5)).to.deep.equal({ host: 'b', sentAtMs: 5, scopes: [], left: [] });
  });

  it('count on what they read along only after they were told from where', () => {
    const hosts = new LightHosts(['a']);
    const header = { scope, incarnation: 1, from: 4, to: 6, turn: 1, part: 0, parts: 1 } as const;
    hosts.took(changes('a', 0, 4));
    hosts.readAlong(4);
    hosts.read(header);
    expect(hosts.reading).to.equal(0);
    expect(hosts.report('a', 0).scopes[0]).to.include({ reading: 4, tail: 1, revision: 4 });
    hosts.took(changes('a', 4, 5, { tail: 1 }));
    expect(hosts.reading).to.equal(1);
    const [report] = hosts.report('a', 0).scopes;
    expect(report).to.include({ reading: 4, revision: 6 });
    expect(report).not.to.have.property('tail');
  });
});

describe('memory: the line through the samples', () => {
  it('has the least squares', () => {
    expect(slopeOf([0, 1, 2, 3], [5, 7, 9, 11])).to.be.closeTo(2, 1e-9);
    expect(slopeOf([0, 1, 2], [1, 3, 1])).to.be.closeTo(0, 1e-9);
    expect(slopeOf([4], [1])).to.equal(0);
  });

  it('leaves out the warm-up', () => {
    const sample = (at_s: number, rss_mb: number) => ({ at_s, rss_mb, heap_mb: 50, external_mb: 1 });
    const samples = [sample(0, 10), sample(60, 100), sample(120, 101), sample(180, 102)];
    const memory = programMemory(samples, 60);
    expect(memory).to.include({ start_mb: 100, end_mb: 102, max_mb: 102, slope_mb_per_min: 1 });
    expect(memory.slope_percent_per_min).to.be.closeTo(0.99, 0.001);
    expect(() => programMemory(samples, 999)).to.throw('nothing is left');
  });
});
