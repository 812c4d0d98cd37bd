import type { InfraStats } from './stats.ts';

/** The node's counters in the Prometheus format. */
export function renderMetrics(stats: Readonly<InfraStats>): string {
  return Object.entries(stats)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([counter, value]) => {
      const name = `vpcast_infra_${counter.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}_total`;
      return `# TYPE ${name} counter\n${name} ${value}\n`;
    })
    .join('');
}
