import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openAgentMetrics } from '../../../agent/metrics.ts';
import { openInfraMetrics } from '../../../infra-node/metrics.ts';
import { chart } from '../../../scripts/helm/chart.ts';
import { openServerMetrics } from '../../../server/metrics.ts';
import { alertsIn, chartExpressions, lacks, programOf } from '../../support/chart-metrics.ts';
import type { Program } from '../../support/chart-metrics.ts';
import { parseSamples } from '../../support/promql.ts';

const letters = () => [{ lane: 'work', reason: 'malformed', count: 1 }] as const;

/** What each program gives at /metrics, though it does not run. */
async function allMetrics(): Promise<[Program, string][]> {
  const server = openServerMetrics(
    () => ({ deadLetters: letters, reports: {}, leases: { counts: {}, state: 'running' } }) as never,
  );
  server.onCall({ method: 'GetVpc', code: 'ok', durationMs: 1 });
  const infra = openInfraMetrics(() => ({ deadLetters: letters, gauges: () => ({}) }) as never);
  const idle = { vpcs: () => [], listening: () => [], scopes: () => [], readingAlong: () => [] };
  const agent = openAgentMetrics(() => ({ ...idle, deadLetters: { counts: letters } }) as never);
  return [
    ['server', await server.render()],
    ['infra', await infra.render()],
    ['agent', await agent.render()],
  ];
}

describe('the chart', () => {
  it('asks of each program what it has', async () => {
    const expressions = await chartExpressions();
    expect(expressions.length).to.be.above(60);
    for (const [program, text] of await allMetrics()) {
      expect(lacks(expressions, program, parseSamples(text)), program).to.deep.equal([]);
    }
  });

  it('names metrics of vpcast and of Node.js only', async () => {
    const names = (await chartExpressions()).flatMap(({ selected }) => selected.map(({ metric }) => metric));
    const strange = names.filter((name) => programOf(name) === undefined && !/^(nodejs|process)_/.test(name));
    expect(strange).to.deep.equal([]);
  });

  it('says of each alert what it means, and what to do in docs/operations.md', async () => {
    const rules = await readFile(join(chart, 'files/rules.yaml'), 'utf8');
    const runbook = await readFile(
      fileURLToPath(new URL('../../../docs/operations.md', import.meta.url)),
      'utf8',
    );
    const alerts = rules.split(/^ +- alert: /m).slice(1);
    expect(alerts).to.have.length(alertsIn(rules).length);
    for (const alert of alerts) {
      const [name = ''] = alert.split('\n');
      expect(alert, name).to.match(/^ +severity|severity: (warning|critical)/m);
      expect(alert, name).to.match(/^ +summary: \S/m);
      expect(alert, name).to.match(/^ +description: \S/m);
      expect(runbook, name).to.contain(`### ${name}\n`);
    }
  });
});
