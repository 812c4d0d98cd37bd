import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { Child, ChildOptions } from '../child.ts';

export interface LineChildOptions<Out> extends Omit<ChildOptions<Out>, 'script' | 'launcher' | 'env'> {
  readonly command: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
}

const GRACE_MS = 10_000;

/** A process that speaks lines of JSON on its standard input and output; it ends when its input does. */
export function startLineChild<In, Out>(options: LineChildOptions<Out>): Child<In> {
  const { command, logFile, env, onMessage, onEnd } = options;
  const [program, ...args] = command;
  const log = openSync(logFile, 'a');
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', log] });
  const { stdin, stdout } = child as ChildProcessByStdio<Writable, Readable, null>;
  closeSync(log);
  const gone = once(child, 'exit').catch(() => undefined);
  let isStopping = false;
  const ended = (error: Error): void => {
    if (!isStopping) onEnd(error);
  };
  child.on('error', ended);
  stdin.on('error', ended);
  child.on('exit', (code, signal) => {
    ended(new Error(`${program} ended with ${signal ?? String(code)}; see ${logFile}`));
  });
  createInterface(stdout).on('line', (line) => {
    onMessage(JSON.parse(line) as Out);
  });
  return {
    pid: child.pid!,
    send: (message) => stdin.write(`${JSON.stringify(message)}\n`),
    signal: (signal) => {
      isStopping = true;
      child.kill(signal);
    },
    stop: async () => {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      stdin.end();
      const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
      await gone;
      clearTimeout(force);
    },
  };
}
