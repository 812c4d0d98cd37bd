// What an upgrade changes, and where live objects must show it.
import assert from 'node:assert/strict';
import type { KubeObject } from './api.ts';

export const changedValues = {
  images: { tag: '9.9.9' },
  server: { config: { maxPartitions: 32 }, service: { port: 7500 } },
  infraNode: { config: { chunkHosts: 99 }, graceSeconds: 33 },
  agent: { config: { zone: 'z9' } },
  networkPolicy: { enabled: false },
  monitoring: { dashboard: { enabled: true } },
};

interface Workload {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly {
          readonly image: string;
          readonly env: readonly { readonly name: string; readonly value?: string }[];
        }[];
      };
    };
  };
}

/** The agent is looked at where there is one. */
export function seeChangedValues(objects: readonly KubeObject[]): void {
  const find = (kind: string, name: string): KubeObject | undefined =>
    objects.find((object) => object.kind === kind && object.metadata.name === name);
  const variables = {
    server: 'VPCAST_MAX_PARTITIONS',
    'infra-node': 'VPCAST_CHUNK_HOSTS',
    agent: 'VPCAST_ZONE',
  };
  const expected = { server: '32', 'infra-node': '99', agent: 'z9' };
  for (const component of ['server', 'infra-node', 'agent'] as const) {
    const workload = find(component === 'agent' ? 'DaemonSet' : 'Deployment', `vpcast-${component}`);
    if (workload === undefined && component === 'agent') continue;
    const pod = (workload as unknown as Workload).spec.template.spec;
    const [container] = pod.containers;
    assert.match(container?.image ?? '', /:9\.9\.9$/);
    const value = container?.env.find(({ name }) => name === variables[component])?.value;
    assert.equal(value, expected[component]);
    if (component === 'infra-node') assert.equal(pod.terminationGracePeriodSeconds, 43);
  }
  const service = find('Service', 'vpcast-server')?.['spec'] as { ports: { port: number }[] };
  assert.equal(service.ports[0]?.port, 7500);
  assert.deepEqual(
    objects.filter(({ kind }) => kind === 'NetworkPolicy'),
    [],
  );
  assert.ok(find('ConfigMap', 'vpcast-dashboard'));
}
