import { readFileSync } from 'node:fs';
import type { Watched } from './processor-time.ts';

const ESTABLISHED = '01';
const LISTENING = '0A';

/** TCP connections that the processes have accepted on the ports. */
export function openConnections(processes: readonly Watched[], ports: readonly number[]): number {
  const [first] = processes;
  return first === undefined ? 0 : countIn(tablesOf(first.pid), ESTABLISHED, ports);
}

/** Whether somebody listens on the port in the network that the process sees. */
export function isListenedOn(pid: number, port: number): boolean {
  return countIn(tablesOf(pid), LISTENING, [port]) > 0;
}

/** Of the network that the process sees, which need not be ours. */
function tablesOf(pid: number): string {
  return ['tcp', 'tcp6'].map((kind) => readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')).join('');
}

/** Lines of the kernel's table: `sl local_address remote_address st ...`, addresses and ports in hexadecimal. */
export function countIn(table: string, state: string, ports: readonly number[]): number {
  return table.split('\n').filter((line) => {
    const [, local = '', , ofLine] = line.trim().split(/\s+/);
    const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
    return ofLine === state && ports.includes(port);
  }).length;
}
