// npm run helm:cluster: releases of the chart on a real API server, which is made for it and ends with it.
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checklist } from '../checklist.ts';
import { exampleNames, examples } from '../helm/chart.ts';
import { prepareNamespaces } from './access.ts';
import type { Namespace } from './access.ts';
import { startControlPlane } from './control-plane.ts';
import type { ControlPlane, User } from './control-plane.ts';
import { installCustomResources } from './custom-resources.ts';
import { checkLifecycle } from './lifecycle.ts';
import { checkRefused } from './refused.ts';
import { Release } from './release.ts';
import { checkStrictness } from './strictness.ts';
import { checkUpgrades } from './upgrades.ts';

/** Where agents are services on the hosts, the namespace can be a restricted one. */
const withoutAgents = 'redis-cluster-values.yaml';

async function checkReleases(
  checklist: Checklist,
  controlPlane: ControlPlane,
  directory: string,
): Promise<void> {
  const { admin } = controlPlane;
  console.log(`Kubernetes ${(await admin.get<{ gitVersion: string }>('/version')).gitVersion}`);
  const release = (namespace: Namespace, user?: User): Release =>
    new Release(controlPlane, directory, namespace, user);
  await installCustomResources(admin);
  await prepareNamespaces(admin);
  await checkStrictness(checklist, admin);
  for (const example of await exampleNames()) {
    const namespace = example === withoutAgents ? 'vpcast-services' : 'vpcast-hosts';
    console.log(`\n${example}, in ${namespace}`);
    await checkLifecycle(checklist, admin, release(namespace), join(examples, example));
  }
  console.log('\nupgrades');
  await checkUpgrades(checklist, admin, release('vpcast-hosts'), {
    plain: join(examples, 'default-values.yaml'),
    keda: join(examples, 'keda-values.yaml'),
  });
  console.log('\nwhat must not be installed');
  await checkRefused(checklist, admin, {
    deployer: release('vpcast-hosts'),
    stranger: release('vpcast-hosts', 'stranger'),
  });
}

const checklist = new Checklist();
const directory = await mkdtemp(join(tmpdir(), 'vpcast-cluster-'));
const remove = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 } as const;
const interrupt = (): void => {
  // After what ends the processes when this one exits.
  process.once('exit', () => {
    rmSync(directory, remove);
  });
  process.exit(130);
};
process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
try {
  const controlPlane = await startControlPlane(directory);
  try {
    await checklist.holds('every check was made', () => checkReleases(checklist, controlPlane, directory));
  } finally {
    await controlPlane.stop();
  }
} finally {
  await rm(directory, remove);
}
checklist.end();
