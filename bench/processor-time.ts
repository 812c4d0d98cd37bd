import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** What `getconf CLK_TCK` says on every Linux. */
const TICKS_PER_SECOND = 100;

export interface Watched {
  readonly name: string;
  readonly pid: number;
}

/** Measures from the call on; the result tells how many cores each name's processes, and all of the machine, kept busy. */
export function watchProcessorTime(watched: readonly Watched[]): () => Record<string, number> {
  const beganMs = performance.now();
  const before = watched.map(({ pid }) => secondsOf(pid));
  const busyBefore = busySeconds();
  return () => {
    const seconds = (performance.now() - beganMs) / 1_000;
    const cores: Record<string, number> = {};
    watched.forEach(({ name, pid }, i) => {
      cores[name] = (cores[name] ?? 0) + (secondsOf(pid) - (before[i] ?? 0)) / seconds;
    });
    cores['whole machine'] = (busySeconds() - busyBefore) / seconds;
    return Object.fromEntries(
      Object.entries(cores).map(([name, used]) => [name, Math.round(used * 100) / 100]),
    );
  };
}

function busySeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0) / 1_000;
}

/** Since their start, processes of one name together. */
export function secondsByName(watched: readonly Watched[]): Record<string, number> {
  const seconds: Record<string, number> = {};
  for (const { name, pid } of watched) seconds[name] = (seconds[name] ?? 0) + secondsOf(pid);
  return seconds;
}

/** Of the process since its start; 0 where it cannot be known. */
export function secondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}
