// Rendered manifests before the API server's strict validation, and their pods before the restricted Pod Security level.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { Checklist } from '../checklist.ts';
import { exampleNames, examples, render } from '../helm/chart.ts';
import { keysToMisspell } from '../helm/refusals.ts';
import type { Namespace } from './access.ts';
import { accepted, messageOf } from './api.ts';
import type { Api, KubeObject } from './api.ts';
import { resourcesOf } from './inventory.ts';
import { judgeManifests, judgePods, workloadsOf } from './manifests.ts';
import type { Judged } from './manifests.ts';

const restricted: Namespace = 'vpcast-services';

/** What makes the agents' namespace a privileged one, in the words of the admission. */
const ofAgents = [/hostNetwork=true/, /hostPath/, /runAsUser=0/];

export async function checkStrictness(checklist: Checklist, api: Api): Promise<void> {
  const resources = await resourcesOf(api);
  const judge = async (example: string, change = (text: string): string => text): Promise<Judged[]> => {
    const { ok, output } = await render(join(examples, example), '--namespace', restricted);
    assert.ok(ok, output);
    return judgeManifests(api, resources, restricted, change(output));
  };

  for (const example of await exampleNames()) {
    await checklist.holds(`every manifest is strictly valid: ${example}`, async () => {
      for (const { what, answer } of await judge(example))
        assert.ok(answer.status < 300, `${what}: ${messageOf(answer)}`);
    });
    await checklist.holds(`all pods but the agents' are restricted: ${example}`, async () => {
      const judged = await judge(example);
      for (const { what, answer } of judged.filter(({ what }) => !what.startsWith('DaemonSet')))
        assert.deepEqual(answer.warnings, [], what);
      const objects = judged.map(({ answer }) => JSON.parse(accepted(answer).text) as KubeObject);
      await seePods(api, workloadsOf(objects));
    });
  }
  for (const key of keysToMisspell) {
    await checklist.holds(`there is no ${key}s`, async () => {
      const judged = await judge('tls-values.yaml', (text) => text.replace(`${key}:`, `${key}s:`));
      const refused = judged.filter(({ answer }) => answer.status >= 400);
      assert.deepEqual(
        refused.map(({ answer }) => messageOf(answer).includes(`${key}s`)),
        [true],
      );
    });
  }
}

async function seePods(api: Api, workloads: readonly KubeObject[]): Promise<void> {
  // The release's service accounts are not there, as nothing is kept of a dry run.
  const judged = await judgePods(api, restricted, workloads, { serviceAccountName: 'default' });
  assert.ok(judged.length >= 2);
  for (const { what, answer } of judged) {
    if (!what.endsWith('-agent')) assert.deepEqual(accepted(answer).warnings, []);
    else for (const reason of ofAgents) assert.match(messageOf(answer), reason);
  }
}
