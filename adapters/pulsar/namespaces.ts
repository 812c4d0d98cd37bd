import { PlatformError } from '../../core/errors.ts';
import type { NamespacePolicy } from '../../core/messaging/port.ts';
import type { AdminHttp } from './admin-http.ts';

/** Topics come and go only by our calls, and no message expires: a subscription that is behind loses nothing. */
export async function prepareNamespaces(
  http: AdminHttp,
  tenant: string,
  namespaces: readonly NamespacePolicy[],
): Promise<void> {
  await prepareTenant(http, tenant);
  for (const namespace of namespaces) await prepareNamespace(http, `${tenant}/${namespace.name}`, namespace);
}

async function prepareTenant(http: AdminHttp, tenant: string): Promise<void> {
  // Looked up first: who may use a tenant need not be allowed to make one.
  if ((await http.call('GET', `/tenants/${tenant}`, undefined, [404])).status !== 404) return;
  const { body } = await http.call('GET', '/clusters');
  if (!Array.isArray(body)) throw new PlatformError('internal', 'no list of clusters in the answer');
  const allowedClusters = body.filter((name) => name !== 'global');
  await http.call('PUT', `/tenants/${tenant}`, { allowedClusters, adminRoles: [] }, [409]);
}

async function prepareNamespace(http: AdminHttp, path: string, namespace: NamespacePolicy): Promise<void> {
  const { retentionMinutes = 0, retentionMegabytes = -1, autoSubscriptions = false } = namespace;
  await http.call('PUT', `/namespaces/${path}`, {}, [409]);
  const policies: Readonly<Record<string, unknown>> = {
    retention: {
      retentionTimeInMinutes: retentionMinutes,
      retentionSizeInMB: retentionMinutes === 0 ? 0 : retentionMegabytes,
    },
    messageTTL: 0,
    autoTopicCreation: { allowAutoTopicCreation: false },
    autoSubscriptionCreation: { allowAutoSubscriptionCreation: autoSubscriptions },
    inactiveTopicPolicies: {
      deleteWhileInactive: false,
      inactiveTopicDeleteMode: 'delete_when_no_subscriptions',
      maxInactiveDurationSeconds: 86_400,
    },
  };
  for (const [policy, value] of Object.entries(policies)) {
    await http.call('POST', `/namespaces/${path}/${policy}`, value);
  }
}
