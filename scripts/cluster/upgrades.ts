// What an upgrade does to a release that lives: what was scaled stays so, what is wrong changes nothing, kinds come and go.
import assert from 'node:assert/strict';
import type { Checklist } from '../checklist.ts';
import { accepted } from './api.ts';
import type { Api, KubeObject } from './api.ts';
import { differences, takeInventory } from './inventory.ts';
import { releaseName } from './release.ts';
import type { Release } from './release.ts';

export async function checkUpgrades(
  checklist: Checklist,
  api: Api,
  release: Release,
  values: { readonly plain: string; readonly keda: string },
): Promise<void> {
  const before = await takeInventory(api);
  const path = `/apis/apps/v1/namespaces/${release.namespace}/deployments/${releaseName}-infra-node`;
  const replicas = async (): Promise<unknown> =>
    (await api.get<{ spec: { replicas: number } }>(path)).spec.replicas;

  await checklist.holds('install', async () => {
    await release.install(values.plain);
  });
  await checklist.holds('an upgrade leaves the number of pods to the autoscaler', async () => {
    accepted(await api.merge(`${path}/scale`, { spec: { replicas: 5 } }));
    await release.upgrade(values.plain, '--set', 'infraNode.graceSeconds=30');
    assert.equal(await replicas(), 5);
  });
  await checklist.holds('an upgrade with a wrong value changes nothing', async () => {
    const was = await takeInventory(api);
    await assert.rejects(release.upgrade(values.plain, '--set', 'server.replicas=two'), /\/server\/replicas/);
    assert.deepEqual(differences(was, await takeInventory(api)), []);
  });
  await checklist.holds(
    'an upgrade to KEDA takes the autoscaler away, and a rollback brings it back',
    async () => {
      assert.equal(await scalersOf(api), 'HorizontalPodAutoscaler');
      await release.upgrade(values.keda);
      assert.equal(await scalersOf(api), 'ScaledObject');
      assert.equal(await replicas(), 5);
      await release.helm('rollback', releaseName, '1');
      assert.equal(await scalersOf(api), 'HorizontalPodAutoscaler');
      assert.equal(await replicas(), 5);
    },
  );
  await checklist.holds('uninstalled, it leaves nothing', async () => {
    await release.helm('uninstall', releaseName);
    assert.deepEqual(differences(before, await takeInventory(api)), []);
  });
}

/** The kinds of what scales the infrastructure nodes. */
async function scalersOf(api: Api): Promise<string> {
  const scales = ({ kind, metadata }: KubeObject): boolean =>
    /^(HorizontalPodAutoscaler|ScaledObject)$/.test(kind) && metadata.name === `${releaseName}-infra-node`;
  return [...(await takeInventory(api)).values()]
    .filter(scales)
    .map(({ kind }) => kind)
    .join();
}
