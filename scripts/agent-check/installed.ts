// The installed agent as the unit starts it, and its answers.
import { once } from 'node:events';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../eventually.ts';
import type { CleanRoot } from './clean-root.ts';

export interface Start {
  /** From the call to the ready file. */
  readonly readyMs: number;
  /** Of it, what it waited for a processor that others had. */
  readonly waitedMs: number;
  /** Of the processors, until then. */
  readonly cpuMs: number;
}

const SETTLE_MS = 120_000;
const READY_FILE = 'run/ready';

/** As the operator writes them into the configuration. */
export async function configure(root: CleanRoot, settings: Readonly<Record<string, string>>): Promise<void> {
  const own = { VPCAST_HEALTH_ADDRESS: '127.0.0.1:0', VPCAST_READY_FILE: `/${READY_FILE}` };
  const lines = Object.entries({ ...settings, ...own }).map(([name, value]) => `${name}=${value}\n`);
  await appendFile(root.path('etc/vpcast/agent.env'), lines.join(''));
}

export class InstalledAgent {
  readonly #root: CleanRoot;
  #child: ChildProcess | undefined;
  #startedAtMs = 0;
  #log = '';

  constructor(root: CleanRoot) {
    this.#root = root;
  }

  async start(): Promise<Start> {
    const readyFile = this.#root.path(READY_FILE);
    await rm(readyFile, { force: true });
    const { command, env } = serviceOf(this.#root);
    this.#log = '';
    this.#startedAtMs = Date.now();
    const child = this.#root.start(command, env);
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => (this.#log += chunk.toString()));
    try {
      await this.until('the ready file', () => existsSync(readyFile), 5);
    } catch (error) {
      throw new Error(`the installed agent does not start:\n${this.#log}`, { cause: error });
    }
    const [, waitedNs] = this.#proc('schedstat').split(' ');
    return {
      readyMs: Math.round((await stat(readyFile)).mtimeMs - this.#startedAtMs),
      waitedMs: Math.round(Number(waitedNs) / 1e6),
      cpuMs: this.#cpuMs(),
    };
  }

  /** Resolves to the exit code; null after SIGKILL. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#running();
    const exited = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exited) as [number | null];
    return code;
  }

  /** What the command answers with --json; of `dump` an array. */
  async ask<T>(...command: readonly string[]): Promise<T> {
    const text = await this.#root.run('vpcast-agent', ...command, '--json').catch((error: unknown) => {
      // On a machine that is very busy.
      if (!String(error).includes('Deadline exceeded')) throw error;
      return this.#root.run('vpcast-agent', ...command, '--json');
    });
    const lines = text.trimEnd().split('\n');
    return (command[0] === 'dump' ? lines.map((line) => JSON.parse(line) as unknown) : JSON.parse(text)) as T;
  }

  /** Of /metrics. */
  async metric(name: string): Promise<number> {
    const { endpoints } = JSON.parse(readFileSync(this.#root.path(READY_FILE), 'utf8')) as {
      endpoints: { health: string };
    };
    const text = await (await fetch(`http://${endpoints.health}/metrics`)).text();
    const [, value] = new RegExp(`^vpcast_agent_${name} (\\d+)$`, 'm').exec(text) ?? [];
    if (value === undefined) throw new Error(`no metric ${name} in ${text}`);
    return Number(value);
  }

  /** Resolves when it holds so many VPCs, whole, and listens to their slots; to the time since the start. */
  async untilListening(vpcs: number): Promise<number> {
    await this.until(`${vpcs} VPCs, each with its slot`, async () => {
      const wanted = { vpcs, slots: vpcs, snapshots_wanted: 0 };
      const found = await Promise.all(Object.keys(wanted).map((name) => this.metric(name)));
      return found.join() === Object.values(wanted).join();
    });
    return Date.now() - this.#startedAtMs;
  }

  /** Resolves when it uses less than a fiftieth of a processor. */
  async untilIdle(): Promise<void> {
    const deadline = Date.now() + SETTLE_MS;
    for (let before = -Infinity; ;) {
      const now = this.#cpuMs();
      if (now - before < 100) return;
      if (Date.now() > deadline) throw new Error('the installed agent does not come to rest');
      before = now;
      await delay(5_000);
    }
  }

  rssBytes(): number {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(this.#proc('status'))?.[1]) * 1024;
  }

  until(what: string, condition: () => boolean | Promise<boolean>, intervalMs = 50): Promise<void> {
    const isEnded = () => this.#child?.exitCode !== null || this.#child.signalCode !== null;
    return eventually(what, async () => isEnded() || (await condition()), {
      timeoutMs: SETTLE_MS,
      intervalMs,
    }).then(() => {
      if (isEnded()) throw new Error(`the installed agent has ended:\n${this.#log}`);
    });
  }

  #cpuMs(): number {
    const fields = this.#proc('stat').split(') ')[1]?.split(' ') ?? [];
    // User and system time, in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  #proc(file: string): string {
    return readFileSync(`/proc/${this.#running().pid}/${file}`, 'utf8');
  }

  #running(): ChildProcess {
    if (this.#child === undefined) throw new Error('the agent was not started');
    return this.#child;
  }
}

/** The command and the environment that systemd would give it. */
function serviceOf(root: CleanRoot): { command: string; env: Record<string, string> } {
  const unit = readFileSync(root.path('etc/systemd/system/vpcast-agent.service'), 'utf8');
  const values = (name: string) =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);
  const files = values('EnvironmentFile').flatMap((file) =>
    readFileSync(root.path(file), 'utf8').split('\n'),
  );
  const pairs = [...values('Environment').flatMap((line) => line.split(' ')), ...files];
  const env = pairs.flatMap((pair) => {
    const [, name, value] = /^(\w+)=(.*)$/.exec(pair) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value] as const];
  });
  return { command: values('ExecStart').join(), env: Object.fromEntries(env) };
}
