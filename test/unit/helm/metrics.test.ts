import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { CallMetrics, renderCounters, renderGauges } from '../../../adapters/process/metrics.ts';
import { agentGauges } from '../../../agent/health.ts';
import type { Agent } from '../../../agent/agent.ts';
import { newCounters } from '../../../agent/ports.ts';
import { emptyStats } from '../../../infra-node/stats.ts';
import { chart } from '../../../scripts/helm/chart.ts';
import type { LeaseCounts } from '../../../server/leases/keeper.ts';
import type { ReportCounts } from '../../../server/reports/start.ts';

/** Nobody looks into the agent for the names of its gauges. */
const idleAgent = { vpcs: () => [], listening: () => [], scopes: () => [] } as unknown as Agent;

/** Every metric of the three programs, as /metrics gives it. */
function allMetrics(): string {
  const calls = new CallMetrics('vpcast_server');
  calls.count({ method: 'GetVpc', code: 'ok', durationMs: 1 });
  const reports: ReportCounts = { received: 0, malformed: 0, failed: 0, rollbacks: 0 };
  const leases: LeaseCounts = { leaseAlarms: 0, leaseStops: 0, reopened: 0, clockSetBack: 0 };
  return [
    calls.render(),
    renderCounters('vpcast_server_reports', reports),
    renderCounters('vpcast_server', leases),
    renderGauges('vpcast_server', { leaseKeeper: 0, leaseAlarm: 0 }),
    renderCounters('vpcast_infra', emptyStats()),
    renderCounters('vpcast_agent', newCounters()),
    renderGauges('vpcast_agent', agentGauges(idleAgent)),
  ].join('');
}

describe('metrics that the chart names', () => {
  const known = new Set([...allMetrics().matchAll(/^(vpcast_\w+)/gm)].map(([name]) => name));

  for (const file of ['dashboard.json', 'rules.yaml']) {
    it(`exist: ${file}`, async () => {
      const text = await readFile(join(chart, 'files', file), 'utf8');
      const named = [...new Set(text.match(/\bvpcast_\w+/g))];
      expect(named).not.to.deep.equal([]);
      expect(named.filter((name) => !known.has(name))).to.deep.equal([]);
    });
  }
});
