import { setTimeout as delay } from 'node:timers/promises';
import { defaultOptions } from '../infra-node/deps.ts';
import type { Program } from '../scripts/stack/deployment.ts';
import { monotonicMs } from './monotonic.ts';

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

/** A VPC of so many hosts gets a fan-out lane, unless it is told otherwise. */
export const FAN_OUT_HOSTS = defaultOptions.fanOut.hosts;

/**
 * Makes changes until one reaches all hosts, of which there are many, and is a copy for none. That all of them read
 * along is not enough for that: until they have said so with a heartbeat they are sent copies as well.
 */
export async function untilNoCopies(
  programs: readonly Program[],
  change: () => Promise<boolean>,
  { pauseMs, withinMs }: { readonly pauseMs: number; readonly withinMs: number },
): Promise<void> {
  const copies = async (): Promise<number> => {
    const counted = await Promise.all(programs.map((program) => infraCounters(program, ['copies'])));
    return counted.reduce((sum, each) => sum + each.copies, 0);
  };
  const deadlineMs = monotonicMs() + withinMs;
  let before = await copies();
  while (monotonicMs() < deadlineMs) {
    const hasReachedAll = await change();
    const after = await copies();
    if (hasReachedAll && after === before) return;
    before = after;
    await delay(pauseMs);
  }
  throw new Error(`no change reached all hosts without a copy within ${withinMs} ms`);
}
