import { distributionSvg } from '../distribution-svg.ts';
import type { FairnessFigures } from '../fairness/run.ts';
import { grid } from '../markdown-grid.ts';
import { measuredOn, short } from './machine.ts';
import type { Figures } from './page.ts';

export function fairnessReport(figures: FairnessFigures): Figures {
  const { alone, beside_busy: beside, quantiles } = figures;
  const rows = [
    ['the quiet VPC alone', alone],
    ['beside the busy one', beside],
  ] as const;
  const text = `${measuredOn(figures)} ${figures.rounds_ratio_p99.length} rounds, each alone and then beside the busy VPC.

${grid(
  ['', 'p50 ms', 'p99 ms', 'max ms', 'samples', 'not applied'],
  rows.map(([name, times]) => [
    name,
    ...[times.p50_ms, times.p99_ms, times.max_ms, times.samples, times.unapplied].map(short),
  ]),
)}

The ratio of the p99 is ${figures.ratio_p99} (aim 1.5 at most; rounds: ${figures.rounds_ratio_p99.join(', ')}), that of the medians ${figures.ratio_p50}. ${short(figures.busy_per_s)} changes per second of the busy VPC (${figures.busy_hosts} hosts) and ${figures.quiet_per_s} of the quiet one (${figures.quiet_hosts} hosts)
are ${short(100 * figures.load)} % of what reaches a host of the busy VPC at saturation, ${short(figures.saturation_per_s)} per second.`;
  const svg = distributionSvg('share of changes of the quiet VPC that are applied within this time', [
    { name: 'alone', samples: quantiles.alone },
    { name: 'beside', samples: quantiles.beside_busy },
  ]);
  const pictures = { '': { svg, alt: 'times of the quiet VPC' } };
  return { page: 'fairness', name: 'fairness', text, pictures };
}
