import type { Failure } from '../../../core/codec/report.ts';
import { splitKey } from '../../../core/model/keys.ts';
import type { ResourceFailureInput } from '../../../proto/gen/vpcast/v1/ResourceFailure.ts';

export function presentFailure({ key, revision, reason }: Failure): ResourceFailureInput {
  const { kind, id } = splitKey(key);
  return { type: kind.replaceAll('-', '_'), id, revision, reason };
}
