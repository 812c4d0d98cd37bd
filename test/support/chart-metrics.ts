import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chart } from '../../scripts/helm/chart.ts';
import { mentionedIn } from './promql.ts';
import type { Mentioned, Sample } from './promql.ts';

export type Program = 'server' | 'infra' | 'agent';
export const programs: readonly Program[] = ['server', 'infra', 'agent'];

export interface Expression extends Mentioned {
  /** The panel, or the alert. */
  readonly of: string;
  readonly text: string;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** Everything that the dashboard and the rules of the chart ask Prometheus. */
export async function chartExpressions(): Promise<readonly Expression[]> {
  const dashboard = JSON.parse(await read('dashboard.json')) as { readonly panels: readonly Panel[] };
  const shown = dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => [title, expr] as const),
  );
  const asked = [...shown, ...alertsIn(await read('rules.yaml'))];
  return asked.map(([of, text]) => ({ of, text, ...mentionedIn(text) }));
}

/** Name and expression of each alert: a line, or a folded block that ends where the next key begins. */
export function alertsIn(rules: string): (readonly [alert: string, expression: string])[] {
  const found = rules.matchAll(/- alert: (\w+)\n +expr: (?:>-\n)?([\s\S]*?)\n {8}(?=\w+:)/g);
  return [...found].map(([, alert = '', text = '']) => [alert, text.trim()]);
}

/** Undefined = of every program. */
export function programOf(metric: string): Program | undefined {
  return programs.find((program) => metric.startsWith(`vpcast_${program}_`));
}

/** Labels that Prometheus gives to all that it scrapes from a target of the ServiceMonitor. */
const targetLabels: ReadonlySet<string> = new Set(['job', 'instance', 'app_kubernetes_io_component']);

/** What a program does not have of what the expressions ask it for. */
export function lacks(
  expressions: readonly Expression[],
  program: Program,
  samples: ReadonlyMap<string, readonly Sample[]>,
): string[] {
  return expressions.flatMap(({ of, selected, grouping }) =>
    selected
      .filter(({ metric }) => (programOf(metric) ?? program) === program)
      .flatMap(({ metric, labels }) => {
        const series = samples.get(metric);
        if (series === undefined) return [`${of}: ${metric}`];
        const wanted = [...labels, ...grouping].filter((label) => !targetLabels.has(label));
        const missing = wanted.filter((label) => !series.some((each) => label in each.labels));
        return missing.map((label) => `${of}: ${metric} with the label ${label}`);
      }),
  );
}

function read(file: string): Promise<string> {
  return readFile(join(chart, 'files', file), 'utf8');
}
