/** One of them at random; undefined = there are none. */
export function drawOne<T>(candidates: readonly T[]): T | undefined {
  return candidates[Math.floor(Math.random() * candidates.length)];
}
