// The namespaces that releases go to, and what the one who installs them may do there.
import { accepted } from './api.ts';
import type { Api } from './api.ts';
import { customGroups } from './custom-resources.ts';

/** The Pod Security level of each; where agents are pods, it has to be the privileged one. */
export const levels = { 'vpcast-hosts': 'privileged', 'vpcast-services': 'restricted' } as const;
export type Namespace = keyof typeof levels;

/** What an administrator of a namespace has. The roles `admin` and `edit` add it up, but a controller does that. */
const administration = ['view', 'edit', 'admin'].map((role) => `system:aggregate-to-${role}`);

export async function prepareNamespaces(api: Api): Promise<void> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const custom = { apiGroups: customGroups, resources: ['*'], verbs: ['*'] };
  accepted(
    await api.create(`${rbac}/clusterroles`, { metadata: { name: 'custom-resources' }, rules: [custom] }),
  );
  for (const [namespace, level] of Object.entries(levels)) {
    const labels = {
      'pod-security.kubernetes.io/enforce': level,
      'pod-security.kubernetes.io/warn': level,
    };
    accepted(await api.create('/api/v1/namespaces', { metadata: { name: namespace, labels } }));
    // As a controller would.
    accepted(
      await api.create(`/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } }),
    );
    for (const role of [...administration, 'custom-resources']) {
      accepted(
        await api.create(`${rbac}/namespaces/${namespace}/rolebindings`, {
          metadata: { name: `deployer-${role.replaceAll(':', '-')}` },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
          subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'deployer' }],
        }),
      );
    }
  }
}
