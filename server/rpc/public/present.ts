import type { Decoded } from '../../../core/codec/records.ts';
import { decodeReportBody } from '../../../core/codec/report-body.ts';
import { scopes } from '../../../core/model/keys.ts';
import type { PublicResource } from '../../../core/model/resources.ts';
import { subscriptions } from '../../../core/placement/topics.ts';
import type { Store } from '../../../core/store/port.ts';
import type { PublicResourceInput } from '../../../proto/gen/vpcast/v1/PublicResource.ts';
import { timestamp } from '../time.ts';

/** With what the group that serves it has reported. */
export async function presentPublic(
  store: Store,
  { value: resource, revision }: Decoded<PublicResource>,
): Promise<PublicResourceInput> {
  const [report] = await store.reports(scopes.public(resource.id), [subscriptions.group]);
  return {
    id: resource.id,
    projectId: resource.projectId,
    kind: resource.kind,
    name: resource.name,
    data: Buffer.from(resource.data, 'base64'),
    contentType: resource.contentType,
    labels: { ...resource.labels },
    revision,
    appliedRevision: report?.revision ?? 0,
    appliedBy: report === undefined ? '' : (decodeReportBody(report).host ?? ''),
    createTime: timestamp(resource.createdAtMs),
    updateTime: timestamp(resource.updatedAtMs),
  };
}
