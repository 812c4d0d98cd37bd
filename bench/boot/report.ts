import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { runCommand } from '../../scripts/services/command.ts';
import { distributionSvg } from '../distribution-svg.ts';
import { grid } from '../markdown-grid.ts';
import type { KindFigures } from './figures.ts';
import type { BootFigures, BootResult } from './run.ts';

const directory = fileURLToPath(new URL('../../docs/benchmarks/', import.meta.url));

/** Writes docs/benchmarks/boot.md with its picture beside it. */
export async function writeBootReport(
  { figures, latencies }: BootResult,
  args: readonly string[],
): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(`${directory}boot.md`, bootReport(figures, args));
  await runCommand('npx', ['prettier', '--write', `${directory}boot.md`]);
  const curves = Object.entries(latencies).map(([name, samples]) => ({ name, samples }));
  await writeFile(`${directory}boot.svg`, distributionSvg('share of boots within this time', curves));
}

export function bootReport(figures: BootFigures, args: readonly string[]): string {
  const { raw, member, joining, disk, machine, processor, broker_settings: settings } = figures;
  const { agents, vpcs, connections, consumers, infra_nodes: infraNodes, rate_per_s: rate } = figures;
  const set = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const summaries = {
    'raw publish to receive': raw,
    'member host': member,
    'joining host': joining,
    'disk sync': disk,
  };
  return `# Boot

From the moment that \`BindPort\` was due to the moment that the port was applied and durable on its host: ${rate} ports per
second at a steady rate, ${agents} agents with journals on disk, ${vpcs} VPCs, ${infraNodes} infrastructure nodes. Half of the
hosts are members of the VPC already, the other half join it with the port. Beside it, at the same time and on the same
broker: a bare producer and a bare sticky Key_Shared consumer, ${rate} messages of 512 bytes per second; and an append of 512
bytes with fdatasync on the same disk. All times count from when they were due. Everything shares one machine.

${grid(
  ['', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms', 'samples', 'p99 / raw'],
  Object.entries(summaries).map(([name, summary]) => [
    name,
    ...[summary.p50_ms, summary.p90_ms, summary.p99_ms, summary.max_ms].map((ms) => ms.toFixed(1)),
    String(summary.samples),
    'ratio_p99' in summary ? summary.ratio_p99.toFixed(2) : '',
  ]),
)}

![distribution](boot.svg)

## Where the time goes

${stages('member host', member)}

${stages('joining host', joining)}

Each stage begins where the one before ended; *sent* can precede the answer to the call, since the wake-up does not wait for it.

## Machine

${grid(
  ['', ''],
  [
    ['cores', `${machine.cores} (${machine.processor}), ${machine.memory_gb} GB`],
    ['kernel', machine.kernel],
    ['Node.js', machine.node],
    ['Pulsar', `${machine.pulsar}${set.length === 0 ? '' : `, ${set.join(', ')}`}`],
    ['Redis', machine.redis],
    ['connections, consumers at the broker', `${connections}, ${consumers}`],
    [
      'busy cores',
      Object.entries(processor)
        .map(([name, used]) => `${name} ${used}`)
        .join(', '),
    ],
    ['commit', figures.commit],
    ['date', figures.date],
  ],
)}

    npm run bench -- boot ${args.join(' ')}
`;
}

function stages(title: string, kind: KindFigures): string {
  return grid(
    [`${title}: until`, 'p50 ms', 'p99 ms', 'in the slowest 1 %, ms'],
    Object.entries(kind.stages).map(
      ([stage, { p50_ms, p99_ms, in_slowest_ms }]: [string, KindFigures['stages']['sent']]) => [
        stage,
        ...[p50_ms, p99_ms, in_slowest_ms].map((ms) => ms.toFixed(1)),
      ],
    ),
  );
}
