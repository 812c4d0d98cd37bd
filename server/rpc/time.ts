import type { TimestampInput } from '../../proto/gen/google/protobuf/Timestamp.ts';

/** Milliseconds since the epoch as a protobuf timestamp. */
export function timestamp(ms: number): TimestampInput {
  return { seconds: Math.floor(ms / 1000), nanos: (ms % 1000) * 1_000_000 };
}
