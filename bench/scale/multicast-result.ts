import { readFile } from 'node:fs/promises';
import { UsageError } from '../usage.ts';
import type { Point } from './fit.ts';

/** What of a multicast result is needed here. */
export interface MeasuredMulticast {
  readonly designs: Readonly<Record<string, { readonly points: readonly Partial<Point>[] }>>;
  readonly interval_ms: number;
  readonly load_average: readonly number[];
  readonly commit: string;
  readonly date: string;
}

export async function readMulticast(path: string): Promise<MeasuredMulticast> {
  let result: unknown;
  try {
    result = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${String(error)}`);
  }
  if (!isMulticast(result))
    throw new UsageError(`${path} is not what "npm run bench -- multicast --json" prints`);
  return result;
}

function isMulticast(result: unknown): result is MeasuredMulticast {
  return (
    typeof result === 'object' &&
    result !== null &&
    'experiment' in result &&
    result.experiment === 'multicast' &&
    'designs' in result &&
    'interval_ms' in result
  );
}

/** Those that were measured; a point that failed has only its number of hosts and the reason. */
export function pointsOf(result: MeasuredMulticast, design: string): Point[] {
  return (result.designs[design]?.points ?? []).filter(
    (point): point is Point => point.hosts !== undefined && point.last_ms_p50 !== undefined,
  );
}
