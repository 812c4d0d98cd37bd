// A service as a child process that leads its own group: started until healthy, signalled, restarted, ended.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { eventually } from '../eventually.ts';
import { endProcess, identify, isRunning, type ProcessIdentity, signalGroup, untilGone } from '../process.ts';
import { tryCommand } from './command.ts';

export interface ServiceDefinition {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  readonly isHealthy: () => Promise<boolean>;
  readonly startTimeoutMs: number;
  readonly stopTimeoutMs: number;
}

/** `owned`: ends with the process that started it, however that one ends. `detached`: stays. */
export type Lifetime = 'owned' | 'detached';

const owned = new Set<ProcessIdentity>();

function endOwned(): void {
  for (const identity of owned) signalGroup(identity, 'SIGKILL');
}

function own(identity: ProcessIdentity): void {
  if (owned.size === 0) process.once('exit', endOwned);
  owned.add(identity);
}

function disown(identity: ProcessIdentity): void {
  if (owned.delete(identity) && owned.size === 0) process.off('exit', endOwned);
}

async function logTail(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, 6_000);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8').trimEnd().split('\n').slice(-25).join('\n');
  } finally {
    await handle.close();
  }
}

// util-linux's setpriv has the kernel end the service even when the caller is killed and runs no exit handler.
async function launcher(lifetime: Lifetime): Promise<string[]> {
  if (lifetime === 'detached' || process.platform !== 'linux') return [];
  const ending = ['setpriv', '--pdeathsig', 'KILL', '--'];
  return (await tryCommand('setpriv', ['--pdeathsig', 'KILL', '--', 'true'])).ok ? ending : [];
}

/** How a process ended: by itself with a code, or by a signal. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Started {
  readonly identity: ProcessIdentity;
  readonly exit: Promise<Exit>;
}

async function spawnService(definition: ServiceDefinition, lifetime: Lifetime): Promise<Started> {
  const [command, ...args] = [...(await launcher(lifetime)), definition.command, ...definition.args];
  const log = openSync(definition.logFile, 'a');
  try {
    const child = spawn(command!, args, {
      cwd: definition.cwd,
      env: definition.env,
      detached: true,
      stdio: ['ignore', log, log],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    const exit = new Promise<Exit>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    const identity = identify(child.pid!);
    if (identity === undefined) throw new Error('it ended at once');
    return { identity, exit };
  } finally {
    closeSync(log);
  }
}

async function untilHealthy(definition: ServiceDefinition, identity: ProcessIdentity): Promise<void> {
  await eventually(
    `${definition.name} to become healthy, or to end`,
    async () => !isRunning(identity) || (await definition.isHealthy()),
    { timeoutMs: definition.startTimeoutMs },
  );
  if (!isRunning(identity)) throw new Error(`${definition.name} ended while starting`);
}

async function startProcess(definition: ServiceDefinition, lifetime: Lifetime): Promise<Started> {
  const started = await spawnService(definition, lifetime);
  const { identity } = started;
  if (lifetime === 'owned') own(identity);
  try {
    await untilHealthy(definition, identity);
    return started;
  } catch (error) {
    signalGroup(identity, 'SIGKILL');
    disown(identity);
    const reason = error instanceof Error ? error.message : String(error);
    const tail = await logTail(definition.logFile);
    throw new Error(`${reason}; the end of ${definition.logFile}:\n${tail}`, { cause: error });
  }
}

/** A started service. Each start of it may have another pid; ports and data stay. */
export class ServiceProcess {
  readonly #definition: ServiceDefinition;
  readonly #lifetime: Lifetime;
  #started: Started | undefined;

  constructor(definition: ServiceDefinition, lifetime: Lifetime) {
    this.#definition = definition;
    this.#lifetime = lifetime;
  }

  /** Resolves once the service is healthy; an error carries the end of its log. */
  async start(): Promise<this> {
    this.#started = await startProcess(this.#definition, this.#lifetime);
    return this;
  }

  get identity(): ProcessIdentity {
    return this.#current.identity;
  }

  get pid(): number {
    return this.identity.pid;
  }

  /** Ends it gently, and forcibly when that takes too long. */
  async stop(): Promise<void> {
    await endProcess(this.identity, this.#definition.stopTimeoutMs);
    disown(this.identity);
  }

  /** Asks it by SIGTERM to end, and answers with how it did; rejects, and leaves it as it is, when that takes longer. */
  async terminate(graceMs: number): Promise<Exit> {
    const { identity, exit } = this.#current;
    signalGroup(identity, 'SIGTERM');
    await untilGone(identity, graceMs);
    disown(identity);
    return exit;
  }

  /** Sends the signal; after one that ends the process, resolves once it is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    signalGroup(this.identity, signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    await untilGone(this.identity, this.#definition.stopTimeoutMs);
    disown(this.identity);
  }

  /** Starts it again, ending it first if it runs; resolves once it is healthy. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  get #current(): Started {
    if (this.#started === undefined) throw new Error(`${this.#definition.name} was never started`);
    return this.#started;
  }
}
