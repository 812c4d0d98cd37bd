import { join } from 'node:path';
import { examples, render } from '../../scripts/helm/chart.ts';

/** A variable's value; undefined where it comes from a Secret or from the pod's own fields. */
export type Variables = ReadonlyMap<string, string | undefined>;

/** The environment of the program in the manifests of an example; undefined where it has no workload there. */
export async function renderedVariables(example: string, component: string): Promise<Variables | undefined> {
  const { ok, output } = await render(join(examples, example));
  if (!ok) throw new Error(output);
  const workload = output
    .split(/^---$/m)
    .find(
      (document) =>
        /^kind: (Deployment|DaemonSet)$/m.test(document) &&
        document.includes(`\n  name: release-vpcast-${component}\n`),
    );
  return workload === undefined ? undefined : readVariables(workload);
}

/** Of the form that the chart writes: `- name: NAME` and, on the next line, `value: text` or `valueFrom:`. */
function readVariables(workload: string): Variables {
  const entries = workload.matchAll(/^ +- name: ([A-Z_]+)\n +(?:valueFrom:|value: (.*))$/gm);
  return new Map(
    [...entries].map(([, name = '', value]) => [
      name,
      value?.startsWith('"') === true ? (JSON.parse(value) as string) : value,
    ]),
  );
}
