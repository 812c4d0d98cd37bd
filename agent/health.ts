import type { Agent } from './agent.ts';

/** What the health server asks of an agent, in the terms of `HealthServerOptions`. */
export function agentHealth(agent: Agent): {
  checks: Readonly<Record<string, () => Promise<void>>>;
  metrics: () => string;
} {
  return { checks: { lane: () => agent.ready() }, metrics: () => agentMetrics(agent) };
}

/** In the Prometheus format. */
export function agentMetrics(agent: Agent): string {
  const scopes = agent.scopes();
  const counters = Object.entries<number>({ ...agent.counters }).map(
    ([name, value]) => `# TYPE vpcast_agent_${name}_total counter\nvpcast_agent_${name}_total ${value}\n`,
  );
  const gauges = Object.entries({
    vpcs: agent.vpcs().length,
    slots: agent.listening().length,
    failures: scopes.reduce((sum, report) => sum + report.failures.length, 0),
    snapshots_wanted: scopes.filter((report) => report.needsSnapshot).length,
  }).map(([name, value]) => `# TYPE vpcast_agent_${name} gauge\nvpcast_agent_${name} ${value}\n`);
  return [...counters, ...gauges].join('');
}
