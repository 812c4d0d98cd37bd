// The kinds that the chart's optional parts use, as the Prometheus operator and KEDA themselves define them.
import { copyFile, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { eventually } from '../eventually.ts';
import { goCommand } from '../go.ts';
import { runCommand } from '../services/command.ts';
import { accepted } from './api.ts';
import type { Api } from './api.ts';
import { resourcesOf } from './inventory.ts';

const sources = [
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    folder: 'example/prometheus-operator-crd',
    group: 'monitoring.coreos.com',
    names: ['servicemonitors', 'prometheusrules'],
  },
  {
    module: 'github.com/kedacore/keda/v2@v2.21.0',
    sum: 'h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=',
    folder: 'config/crd/bases',
    group: 'keda.sh',
    names: ['scaledobjects', 'triggerauthentications'],
  },
] as const;

export const customGroups = sources.map(({ group }) => group);

/** Resolves once the API server serves them. */
export async function installCustomResources(api: Api): Promise<void> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const source of sources) {
    const { group, names } = source;
    const directory = await fillOnce(
      cacheDirectory('custom-resources', group, basename(source.module)),
      (staging) => fetchDefinitions(source, staging),
    );
    for (const name of names) {
      const document = await readFile(join(directory, fileOf(group, name)), 'utf8');
      accepted(await api.apply(`${definitions}/${name}.${group}`, document));
    }
  }
  const wanted = sources.flatMap(({ group, names }) => names.map((name) => `${group}/${name}`));
  await eventually(
    'the custom resources to be served',
    async () => {
      const served = new Set((await resourcesOf(api)).map(({ group, name }) => `${group}/${name}`));
      return wanted.every((name) => served.has(name));
    },
    { timeoutMs: 60_000 },
  );
}

const fileOf = (group: string, name: string): string => `${group}_${name}.yaml`;

async function fetchDefinitions(source: (typeof sources)[number], target: string): Promise<void> {
  const { module, sum, folder, group, names } = source;
  const go = await goCommand('fetching the custom resources');
  const { Dir, Sum } = JSON.parse(await runCommand(go, ['mod', 'download', '-json', module])) as {
    Dir: string;
    Sum: string;
  };
  if (Sum !== sum) throw new Error(`${module} has the sum ${Sum}, not ${sum}`);
  for (const name of names)
    await copyFile(join(Dir, folder, fileOf(group, name)), join(target, fileOf(group, name)));
}
