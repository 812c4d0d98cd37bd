import { table } from '../../demo/table.ts';
import type { RestartFigures } from './run.ts';

/** For a terminal. */
export function restartTable(figures: RestartFigures): string {
  const returns = Object.entries({ agents: figures, 'bare consumers': figures.raw }).map(([what, own]) => ({
    what,
    connections: own.connections,
    consumers: own.consumers,
    'broker serves, s': own.broker_serves_s,
    'consumers back, s': own.consumers_back_s,
  }));
  const facts = Object.entries({
    'consumers back, agents against bare': figures.ratio,
    'the same since the broker serves': figures.ratio_since_serving,
    'changes during the outage': figures.writes_during_outage,
    'applied on all hosts, s after the kill': figures.outage_writes_applied_s,
    'changes after the outage': figures.writes_after,
    'all applied, s after the last one': figures.applied_after_last_write_s,
  }).map(([what, value]) => ({ what, value }));
  return [table(returns), table(facts)].join('\n\n');
}
