import { DELAY_BUCKETS, Metrics } from '../adapters/process/metrics.ts';
import type { TopicStats } from '../core/messaging/port.ts';
import { subscriptions } from '../core/placement/topics.ts';
import type { InfraDeps } from './deps.ts';
import type { InfraNode } from './start.ts';
import { infraCounters, infraGauges } from './stats.ts';

export interface InfraMetrics extends Pick<Required<InfraDeps>, 'onDispatched'> {
  /** What readiness has seen of the work topic. */
  readonly onWorkTopic: (stats: TopicStats) => void;
  render(): Promise<string>;
}

/** What an infrastructure node tells Prometheus; `node` answers undefined while it does not run. */
export function openInfraMetrics(node: () => InfraNode | undefined): InfraMetrics {
  const metrics = new Metrics();
  let workBacklog = 0;
  metrics.counters('vpcast_infra', infraCounters, () => node()?.stats);
  metrics.gauges('vpcast_infra', infraGauges, () => node()?.gauges());
  metrics.gauges(
    'vpcast_infra',
    { workBacklog: 'Work messages that no node has acknowledged, when /readyz was last asked.' },
    () => ({ workBacklog }),
  );
  metrics.deadLetters('vpcast_infra', () => node()?.deadLetters() ?? []);
  const onDispatched = metrics.seconds(
    {
      name: 'vpcast_infra_dispatch_seconds',
      help: "From the commit of a range's oldest change, by the clock of the server that made it, until all hosts were sent it.",
    },
    DELAY_BUCKETS,
  );
  return {
    onDispatched,
    onWorkTopic: (stats) => {
      workBacklog = stats.subscriptions[subscriptions.infra]?.backlog ?? 0;
    },
    render: () => metrics.render(),
  };
}
