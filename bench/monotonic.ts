/** Milliseconds of the system's monotonic clock: the same in all processes of one machine, in any language. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
