import { readFileSync } from 'node:fs';
import type { Watched } from '../processor-time.ts';

const ESTABLISHED = '01';

/** TCP connections that the processes have accepted on the ports. */
export function openConnections(processes: readonly Watched[], ports: readonly number[]): number {
  const [first] = processes;
  if (first === undefined) return 0;
  // Of the network that the process sees, which need not be ours.
  return ['tcp', 'tcp6'].reduce(
    (sum, kind) => sum + countAccepted(readFileSync(`/proc/${first.pid}/net/${kind}`, 'utf8'), ports),
    0,
  );
}

/** From the kernel's table: `sl local_address remote_address st ...`, addresses and ports in hexadecimal. */
export function countAccepted(table: string, ports: readonly number[]): number {
  return table.split('\n').filter((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
    return state === ESTABLISHED && ports.includes(port);
  }).length;
}
