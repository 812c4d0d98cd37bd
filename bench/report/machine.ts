import type { Machine } from '../machine.ts';

/** Where and when a result was measured, in a line. */
export function measuredOn({
  date,
  commit,
  machine,
}: {
  readonly date: string;
  readonly commit: string;
  readonly machine: Machine;
}): string {
  const { cores, processor, memory_gb, node, pulsar, redis } = machine;
  // Not every experiment has one.
  const store = redis === 'unknown' ? '' : `, Redis ${redis}`;
  return `${date.slice(0, 10)}, commit ${commit}; ${cores} cores (${processor}, ${memory_gb} GB), Node ${node}, Pulsar ${pulsar}${store}.`;
}

/** With two or three digits that count. */
export function short(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Number(value.toFixed(digits)).toLocaleString('en-US');
}
