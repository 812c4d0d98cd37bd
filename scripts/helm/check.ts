// npm run helm:check: lints and renders the chart over its examples, validates every manifest against the schemas of the
// newest versions of Kubernetes, and sees wrong values refused by name.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checklist } from '../checklist.ts';
import { tryCommand } from '../services/command.ts';
import type { CommandResult } from '../services/command.ts';
import { chart, exampleNames, examples, helm, render } from './chart.ts';
import { ensureProgram } from './ensure.ts';
import { keysToMisspell, refusals } from './refusals.ts';
import { customSchemas, kubernetesSchemas } from './schemas.ts';

const checklist = new Checklist();

async function checkExample(name: string, directory: string): Promise<void> {
  const values = join(examples, name);
  const lint = await helm('lint', '--strict', chart, '--values', values);
  checklist.note(`lint ${name}`, lint.ok ? undefined : lint.output);
  const { ok, output } = await render(values);
  checklist.note(`render ${name}`, ok ? undefined : output);
  if (!ok) return;
  const manifests = join(directory, name);
  await writeFile(manifests, output);
  const { versions } = await kubernetesSchemas();
  for (const version of versions) {
    const checked = await validate(version, manifests);
    checklist.note(`Kubernetes ${version}, ${name}`, checked.ok ? undefined : checked.output);
  }
}

/** kubeconform passes over files that do not look like YAML, so it has to say that it found something. */
async function validate(version: string, manifests: string): Promise<CommandResult> {
  const { location } = await kubernetesSchemas();
  const custom = join(customSchemas, '{{ .ResourceKind }}.json');
  const { ok, output } = await tryCommand(await ensureProgram('kubeconform'), [
    ...['-strict', '-summary', '-kubernetes-version', version],
    ...['-schema-location', location, '-schema-location', custom, manifests],
  ]);
  return { ok: ok && /Valid: [1-9]\d*, Invalid: 0, Errors: 0, Skipped: 0/.test(output), output };
}

/** That the validation itself sees something. */
async function checkValidation(directory: string): Promise<void> {
  const { output } = await render(join(examples, 'tls-values.yaml'));
  const { versions } = await kubernetesSchemas();
  const manifests = join(directory, 'misspelt.yaml');
  for (const key of keysToMisspell) {
    await writeFile(manifests, output.replace(`${key}:`, `${key}s:`));
    for (const version of versions) {
      const { ok, output: said } = await validate(version, manifests);
      checklist.note(
        `Kubernetes ${version} has no ${key}s`,
        ok || !said.includes(`${key}s`) ? said : undefined,
      );
    }
  }
}

async function checkRefusals(directory: string): Promise<void> {
  for (const { what, values, names } of refusals) {
    const file = join(directory, 'refused.json');
    await writeFile(file, JSON.stringify(values));
    const { ok, output } = await render(file);
    const unnamed = names.filter((name) => !output.includes(name));
    const isRefused = !ok && unnamed.length === 0;
    checklist.note(
      `refused: ${what}`,
      isRefused ? undefined : ok ? 'it was accepted' : `no word of ${unnamed.join(', ')}:\n${output}`,
    );
  }
}

const directory = await mkdtemp(join(tmpdir(), 'vpcast-helm-'));
try {
  for (const name of await exampleNames()) await checkExample(name, directory);
  await checkValidation(directory);
  await checkRefusals(directory);
} finally {
  await rm(directory, { recursive: true });
}
checklist.end();
