import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { AGENTS_AWAY, AGENTS_READY_MS, graceMs } from '../../../chaos/rolling/grace.ts';
import { rollingHasPassed, rollingResultOf } from '../../../chaos/rolling/result.ts';
import type { RollingFigures } from '../../../chaos/rolling/result.ts';
import { chart } from '../../../scripts/helm/chart.ts';

const restarts = { restarts: 2, slowest_end_ms: 1, slowest_start_ms: 1 };
const good: RollingFigures = {
  seed: 1,
  agents: 200,
  agent_processes: 20,
  seconds: 100,
  writes_acknowledged: 20_000,
  deletes_acknowledged: 5_000,
  writes_per_second: 200,
  writes_during_restarts: 10_000,
  restarts: { servers: restarts, infra_nodes: restarts, agents: restarts },
  bad_ends: 0,
  errors_absorbed: { unavailable: 3 },
  calls_failed: 0,
  writes_lost: 0,
  agents_differing: 0,
  resurrected: 0,
  rolled_back: 0,
  settle_ms: 10,
};

describe('the result of rolling restarts', () => {
  it('has passed when clients absorbed every error, and counts with many agents and writes', () => {
    expect(rollingHasPassed(good)).to.equal(true);
    expect(rollingResultOf(good).counted).to.equal(true);
    expect(rollingResultOf({ ...good, agents: 199 }).counted).to.equal(false);
    expect(rollingResultOf({ ...good, writes_per_second: 179 }).counted).to.equal(false);
  });

  const wrong: readonly Partial<RollingFigures>[] = [
    { calls_failed: 1 },
    { bad_ends: 1 },
    { writes_lost: 1 },
    { agents_differing: 1 },
    { resurrected: 1 },
    { rolled_back: 1 },
    { settle_ms: null },
  ];
  for (const figures of wrong) {
    it(`has not passed with ${JSON.stringify(figures)}`, () => {
      expect(rollingHasPassed({ ...good, ...figures })).to.equal(false);
    });
  }
});

describe('rolling restarts go by the chart', () => {
  const read = (file: string) => readFile(join(chart, file), 'utf8');
  const numberIn = (text: string, pattern: RegExp): number => Number(pattern.exec(text)?.[1]);

  it('give each program the time that its pod has between SIGTERM and SIGKILL', async () => {
    const values = await read('values.yaml');
    const server = await read('templates/server/deployment.yaml');
    const infra = await read('templates/infra-node/deployment.yaml');
    const agent = await read('templates/agent/daemon-set.yaml');
    const added = /terminationGracePeriodSeconds: \{\{ add \$\w+\.graceSeconds (\d+) \}\}/;
    const seconds = {
      servers:
        numberIn(values, /^server:[^]*?^ {2}graceSeconds: (\d+)/m) +
        numberIn(server, added) -
        numberIn(server, /sleep: \{ seconds: (\d+) \}/),
      infra_nodes: numberIn(values, /^infraNode:[^]*?^ {2}graceSeconds: (\d+)/m) + numberIn(infra, added),
      agents: numberIn(agent, /terminationGracePeriodSeconds: (\d+)/),
    };
    for (const [kind, ms] of Object.entries(graceMs)) {
      expect(ms, kind).to.equal(seconds[kind as keyof typeof seconds] * 1_000);
    }
  });

  it('take away as many agents at a time as the DaemonSet does', async () => {
    const share = numberIn(await read('values.yaml'), /^ {4}maxUnavailable: (\d+)%/m);
    expect(AGENTS_AWAY).to.equal(share / 100);
  });

  it('go on when agents have been ready for as long as it waits', async () => {
    const seconds = numberIn(await read('templates/agent/daemon-set.yaml'), /minReadySeconds: (\d+)/);
    expect(AGENTS_READY_MS).to.equal(seconds * 1_000);
  });
});
