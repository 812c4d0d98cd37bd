import { fork } from 'node:child_process';
import type { Serializable } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Child<In> {
  readonly pid: number;
  send(message: In): void;
  /** As if somebody else sent it: should it end from that, `onEnd` is not called. */
  signal(signal: NodeJS.Signals): void;
  /** Resolves when the process is gone. It ends by itself as soon as nobody listens to it. */
  stop(): Promise<void>;
}

export interface ChildOptions<Out> {
  /** Beside this file. */
  readonly script: string;
  readonly logFile: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A command that runs the one that follows it, such as `nsenter`. */
  readonly launcher?: readonly string[];
  readonly onMessage: (message: Out) => void;
  /** It ended unasked. */
  readonly onEnd: (error: Error) => void;
}

const GRACE_MS = 10_000;

/** A process of our own code; the shape of what it says is trusted. */
export function startChild<In extends Serializable, Out>(options: ChildOptions<Out>): Child<In> {
  const { script, logFile, env = {}, launcher = [], onMessage, onEnd } = options;
  const log = openSync(logFile, 'a');
  const [command, ...args] = [...launcher, process.execPath, '--import', 'tsx'] as const;
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), {
    execPath: command,
    execArgv: args,
    env: { ...process.env, ...env },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const gone = once(child, 'exit').catch(() => undefined);
  let isStopping = false;
  child.on('message', (message) => {
    onMessage(message as Out);
  });
  child.on('error', onEnd);
  child.on('exit', (code, signal) => {
    if (!isStopping) onEnd(new Error(`${script} ended with ${signal ?? String(code)}; see ${logFile}`));
  });
  return {
    pid: child.pid!,
    send: (message) => child.send(message),
    signal: (signal) => {
      isStopping = true;
      child.kill(signal);
    },
    stop: async () => {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      if (child.connected) child.disconnect();
      const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await gone;
      clearTimeout(force);
    },
  };
}

/** For the child: ends with the one that started it. A terminal's Ctrl-C goes to all; only the starter acts on it. */
export function endWithParent(close: () => Promise<void>): void {
  process.on('SIGINT', () => undefined);
  process.once('disconnect', () => {
    void close().finally(() => process.exit());
  });
}

export function tellParent(message: Serializable): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}
