// The API schemas of Kubernetes, out of a Python package: the one form of them that a package registry carries.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { runCommand } from '../services/command.ts';

const packageVersion = '1.37.0';
const shown = 3;

/** Of kinds that Kubernetes does not know itself: only what the chart uses of them. */
export const customSchemas = fileURLToPath(new URL('custom-resources', import.meta.url));

/** The newest versions (`1.37.0`), and where kubeconform finds their schemas. */
export async function kubernetesSchemas(): Promise<{ versions: string[]; location: string }> {
  const directory = await fillOnce(cacheDirectory('kubernetes-schemas', packageVersion), fetchSchemas);
  const versions = (await readdir(directory)).map((name) => name.slice(1, -'-standalone-strict'.length));
  const template =
    '{{ .NormalizedKubernetesVersion }}-standalone{{ .StrictSuffix }}/{{ .ResourceKind }}{{ .KindSuffix }}.json';
  return { versions, location: join(directory, template) };
}

async function fetchSchemas(staging: string): Promise<void> {
  const download = join(staging, 'download');
  await mkdir(download);
  await runCommand('python3', [
    ...['-m', 'pip', 'download', '-q', '--no-deps', '--dest', download],
    `kubernetes-validate==${packageVersion}`,
  ]);
  const [wheel = ''] = await readdir(download);
  await runCommand('python3', ['-m', 'zipfile', '-e', join(download, wheel), download]);
  const root = join(download, 'kubernetes_validate', 'kubernetes-json-schema');
  const strict = (await readdir(root)).filter((name) => name.endsWith('-local-strict'));
  const newestFirst = strict.sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  for (const name of newestFirst.slice(0, shown)) {
    await relocate(join(root, name));
    await rename(join(root, name), join(staging, name.replace('-local-', '-standalone-')));
  }
  await rm(download, { recursive: true });
}

/** The package refers to its files by addresses of its own; kubeconform wants them beside each other. */
async function relocate(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = join(directory, name);
    const schema = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    delete schema['$id'];
    const text = JSON.stringify(schema).replaceAll('"/api/_definitions.json', '"_definitions.json');
    await writeFile(file, text);
  }
}
