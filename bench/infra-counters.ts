import type { Program } from '../scripts/stack/deployment.ts';

/** What an infrastructure node has counted since it started, by the names of its metrics without `vpcast_infra_` and `_total`. */
export async function infraCounters<Name extends string>(
  program: Program,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const { health = '' } = await program.endpoints();
  const text = await (await fetch(`http://${health}/metrics`)).text();
  const counts = names.map((name) => {
    const count = new RegExp(`^vpcast_infra_${name}_total (\\d+)$`, 'm').exec(text)?.[1];
    if (count === undefined) throw new Error(`an infrastructure node has no counter ${name}`);
    return [name, Number(count)];
  });
  return Object.fromEntries(counts) as Record<Name, number>;
}

export function since<Name extends string>(
  before: Readonly<Record<Name, number>>,
  now: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const grown = (Object.keys(now) as Name[]).map((name) => [name, now[name] - before[name]]);
  return Object.fromEntries(grown) as Record<Name, number>;
}
