// Processes that outlive or outrun the one that started them: who they are, and how to end exactly those.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { eventually } from './eventually.ts';

/** A pid alone may be somebody else's by now; with its start time it names one process for good. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

// Fields of /proc/<pid>/stat after the parenthesised command name: the state is the 1st, the start time the 20th.
function linuxStartTime(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
}

function startTimeOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') return linuxStartTime(pid);
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started === '' ? undefined : started;
  } catch {
    return undefined;
  }
}

/** Undefined when no such process runs. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = startTimeOf(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isRunning(identity: ProcessIdentity): boolean {
  return startTimeOf(identity.pid) === identity.startTime;
}

/** Signals the process and, as every process here leads a group of its own, its children. */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return;
  try {
    process.kill(-identity.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export async function untilGone(identity: ProcessIdentity, timeoutMs: number): Promise<void> {
  await eventually(`process ${identity.pid} to end`, () => !isRunning(identity), {
    timeoutMs,
    intervalMs: 20,
  });
}

/** SIGTERM, and SIGKILL for what is still there after `graceMs`. */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<void> {
  signalGroup(identity, 'SIGTERM');
  signalGroup(identity, 'SIGCONT'); // a stopped process takes no other signal before this one
  try {
    await untilGone(identity, graceMs);
  } catch {
    signalGroup(identity, 'SIGKILL');
    await untilGone(identity, 10_000);
  }
}
