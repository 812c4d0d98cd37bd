// One set of values through the whole life of a release: installed, upgraded, rolled back, uninstalled.
import assert from 'node:assert/strict';
import type { Checklist } from '../checklist.ts';
import { accepted } from './api.ts';
import type { Api, KubeObject } from './api.ts';
import { changedValues, seeChangedValues } from './changed-values.ts';
import { added, differences, takeInventory } from './inventory.ts';
import { judgePods, workloadsOf } from './manifests.ts';
import { releaseName } from './release.ts';
import type { Release } from './release.ts';

/** What the API server keeps about an object, rather than what the object says. */
const bookkeeping = [
  ...['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields', 'status'],
  'deprecated.daemonset.template.generation',
];

export async function checkLifecycle(
  checklist: Checklist,
  api: Api,
  release: Release,
  values: string,
): Promise<void> {
  const before = await takeInventory(api);
  const objects = async (): Promise<KubeObject[]> => objectsOf(added(before, await takeInventory(api)));

  let first: KubeObject[] = [];
  await checklist.holds('install', async () => {
    await release.install(values);
    first = await objects();
    assert.deepEqual(namesOf(first), manifestNames(await release.helm('get', 'manifest', releaseName)));
  });
  await checklist.holds('its pods are admitted', async () => {
    const judged = await judgePods(api, release.namespace, workloadsOf(first));
    assert.ok(judged.length >= 2);
    for (const { answer } of judged) assert.deepEqual(accepted(answer).warnings, []);
  });
  await checklist.holds('upgrade with changed values', async () => {
    const changed = await release.valuesFile('changed', changedValues);
    await release.upgrade(values, '--values', changed);
    seeChangedValues(await objects());
  });
  await checklist.holds('roll back: every object as in revision 1', async () => {
    await release.helm('rollback', releaseName, '1');
    assert.deepEqual(contentsOf(await objects()), contentsOf(first));
  });
  await checklist.holds('helm get, history and status tell it', () => seeHistory(release));
  await checklist.holds('uninstall: nothing is left, nothing else was touched', async () => {
    await release.helm('uninstall', releaseName);
    assert.deepEqual(differences(before, await takeInventory(api)), []);
  });
}

/** Not helm's own records, nor what the API server makes for each Service. */
function objectsOf(found: readonly KubeObject[]): KubeObject[] {
  return found.filter(
    ({ kind, metadata }) => kind !== 'IPAddress' && !metadata.name.startsWith('sh.helm.release.'),
  );
}

const namesOf = (objects: readonly KubeObject[]): string[] =>
  objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();

function manifestNames(manifests: string): string[] {
  const found = manifests.matchAll(/^kind: (\S+)\nmetadata:\n {2}name: (\S+)$/gm);
  return [...found].map(([, kind = '', name = '']) => `${kind} ${name}`).sort();
}

function contentsOf(objects: readonly KubeObject[]): Map<string, unknown> {
  const said = (key: string, value: unknown): unknown => (bookkeeping.includes(key) ? undefined : value);
  return new Map(
    objects.map((object) => [
      `${object.kind} ${object.metadata.name}`,
      JSON.parse(JSON.stringify(object, said)) as unknown,
    ]),
  );
}

async function seeHistory(release: Release): Promise<void> {
  const history = JSON.parse(await release.helm('history', releaseName, '--output', 'json')) as {
    revision: number;
    status: string;
  }[];
  assert.deepEqual(
    history.map(({ revision, status }) => `${revision} ${status}`),
    ['1 superseded', '2 superseded', '3 deployed'],
  );
  assert.match(await release.helm('status', releaseName), /STATUS: deployed/);
  const values = async (revision: string): Promise<string> =>
    release.helm('get', 'values', releaseName, '--revision', revision, '--output', 'json');
  assert.deepEqual(JSON.parse(await values('3')), JSON.parse(await values('1')));
  assert.notDeepEqual(JSON.parse(await values('2')), JSON.parse(await values('1')));
  assert.match(await release.helm('get', 'notes', releaseName), /helm test vpcast/);
  assert.match(await release.helm('get', 'hooks', releaseName), /main-job\.js/);
}
