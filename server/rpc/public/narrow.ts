import { invalid } from '../../../core/errors.ts';
import type { PublicResource } from '../../../core/model/resources.ts';
import type { PublicResource as PublicResourceMessage } from '../../../proto/gen/vpcast/v1/PublicResource.ts';
import * as fields from '../../fields.ts';

/** What an update replaces. */
export type PublicContents = Pick<PublicResource, 'name' | 'data' | 'contentType' | 'labels'>;

const MAX_DATA_BYTES = 1024 * 1024;

export function narrowContents(resource: PublicResourceMessage): PublicContents {
  return {
    name: fields.text('resource.name', resource.name),
    data: narrowData('resource.data', resource.data),
    contentType: fields.text('resource.content_type', resource.contentType),
    labels: fields.labels('resource.labels', resource.labels),
  };
}

/** Base64. */
export function narrowData(field: string, data: Buffer): string {
  if (data.length > MAX_DATA_BYTES) throw invalid(field, `must be at most ${MAX_DATA_BYTES} bytes`);
  return data.toString('base64');
}
