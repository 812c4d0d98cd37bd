import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../scripts/services/command.ts';
import { grid } from '../markdown-grid.ts';
import { regionChart, validationChart } from './charts.ts';
import { regionSections } from './report-region.ts';
import { validationSection } from './report-validation.ts';
import type { ScaleResult } from './run.ts';

const directory = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));

/** Writes docs/benchmarks/scale.md with its pictures beside it. */
export async function writeScaleReport(result: ScaleResult): Promise<void> {
  await writeFile(`${directory}scale.md`, scaleReport(result));
  await runCommand('npx', ['prettier', '--write', `${directory}scale.md`]);
  await writeFile(`${directory}scale-validation.svg`, validationChart(result));
  await writeFile(`${directory}scale-time-to-last.svg`, regionChart(result.region));
}

export function scaleReport(result: ScaleResult): string {
  const { measured, costs } = result;
  return `# Scale: a million hosts, by calculation

    npm run bench -- scale --json
    npm run bench -- scale --validate result.json --json

Nothing on this page ran at this size. What a message costs was measured with up to 1,000 hosts on one machine with two cores (\`npm run bench -- multicast\`, ${measured.date.slice(0, 10)}, commit ${measured.commit}); the rest is arithmetic, the same every
time, in \`bench/scale\`. Processor time of the broker is kept apart from that of the clients: on the bench machine they share the cores, in a region every host has its own. The inputs, each with where it comes from, are at the end; those marked
*assumed* are nobody's measurement, and results that hang on them are only as good.

${validationSection(result.validation)}

${regionSections(result)}

## Inputs

${grid(
  ['', 'value', '', 'what', 'from'],
  Object.entries(costs).map(([name, { value, how, what, from }]) => [name, String(value), how, what, from]),
)}

Fitted, in microseconds of processor time of the broker for one multicast to N hosts of one partition: copies ${lineText(result.fitted.copies.brokerUs)}, readers ${lineText(result.fitted.readers.brokerUs)}.
A consumer that joins takes ${Math.round(result.fitted.copies.joinUs.slope)} us on the whole bench machine.
`;
}

function lineText({ base, slope }: { readonly base: number; readonly slope: number }): string {
  return `${Math.round(base)} + ${slope.toFixed(1)} N`;
}
