import type { DurationInput } from '../../proto/gen/google/protobuf/Duration.ts';
import type { TimestampInput } from '../../proto/gen/google/protobuf/Timestamp.ts';

/** Milliseconds since the epoch as a protobuf timestamp. */
export function timestamp(ms: number): TimestampInput {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
}

export function duration(ms: number): DurationInput {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
}
