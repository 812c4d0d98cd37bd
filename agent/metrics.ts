import { DELAY_BUCKETS, Metrics } from '../adapters/process/metrics.ts';
import type { Agent } from './agent.ts';
import { agentGauges, readGauges } from './health.ts';
import { agentCounters } from './ports.ts';
import type { AgentEvents } from './ports.ts';

export interface AgentMetrics {
  readonly onDelay: NonNullable<AgentEvents['onDelay']>;
  render(): Promise<string>;
}

/** What an agent tells Prometheus; `agent` answers undefined while it does not run. */
export function openAgentMetrics(agent: () => Agent | undefined): AgentMetrics {
  const metrics = new Metrics();
  metrics.counters('vpcast_agent', agentCounters, () => agent()?.counters);
  metrics.gauges('vpcast_agent', agentGauges, () => {
    const running = agent();
    return running && readGauges(running);
  });
  metrics.deadLetters('vpcast_agent', () => agent()?.deadLetters.counts() ?? []);
  const sinceCommit = metrics.seconds(
    {
      name: 'vpcast_agent_apply_seconds',
      help: "From the commit of a change until it was applied and durable here; by two machines' clocks, so no more exact than they agree. Without what was sent again.",
    },
    DELAY_BUCKETS,
  );
  const sinceSent = metrics.seconds(
    {
      name: 'vpcast_agent_delivery_seconds',
      help: 'The part of it after an infrastructure node sent it.',
    },
    DELAY_BUCKETS,
  );
  const onDelay: AgentMetrics['onDelay'] = (seconds) => {
    sinceCommit(seconds.sinceCommit);
    sinceSent(seconds.sinceSent);
  };
  return { onDelay, render: () => metrics.render() };
}
