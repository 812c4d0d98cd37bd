// What the API server and its admission say of rendered manifests, and of the pods that they lead to, without keeping any.
import type { Answer, Api, KubeObject } from './api.ts';
import { collectionOf } from './inventory.ts';
import type { Resource } from './inventory.ts';

export interface Judged {
  /** `Deployment release-vpcast-server` */
  readonly what: string;
  readonly answer: Answer;
}

/** Each document of `manifests`, applied strictly as a dry run. */
export async function judgeManifests(
  api: Api,
  resources: readonly Resource[],
  namespace: string,
  manifests: string,
): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const document of manifests.split(/^---$/m).filter((text) => /^kind:/m.test(text))) {
    const [apiVersion, kind, name] = [/^apiVersion: (\S+)$/m, /^kind: (\S+)$/m, /^ {2}name: (\S+)$/m].map(
      (pattern) => pattern.exec(document)?.[1] ?? '',
    );
    const resource = resources.find((each) => each.kind === kind && each.root.endsWith(`/${apiVersion}`));
    if (resource === undefined) throw new Error(`the API server has no ${apiVersion} ${kind}`);
    const answer = await api.apply(`${collectionOf(resource, namespace)}/${name}`, document, true);
    judged.push({ what: `${kind} ${name}`, answer });
  }
  return judged;
}

/** Deployments and DaemonSets. */
export function workloadsOf(objects: readonly KubeObject[]): KubeObject[] {
  return objects.filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
}

interface PodTemplate {
  readonly metadata: object;
  readonly spec: object;
}

/** A dry run of the pods of workloads, as their controllers would make them; `changed` replaces some of what they say. */
export async function judgePods(
  api: Api,
  namespace: string,
  workloads: readonly KubeObject[],
  changed: object = {},
): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (const { metadata, ...workload } of workloads) {
    const { template } = workload['spec'] as { template: PodTemplate };
    const pod = {
      metadata: { ...template.metadata, name: `${metadata.name}-0` },
      spec: { ...template.spec, ...changed },
    };
    const answer = await api.create(`/api/v1/namespaces/${namespace}/pods`, pod, true);
    judged.push({ what: metadata.name, answer });
  }
  return judged;
}
