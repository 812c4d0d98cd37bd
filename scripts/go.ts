// The Go programs that the checks of the chart need, built from the Go proxy once per machine.
import { existsSync } from 'node:fs';
import { cacheDirectory, fillOnce } from './cache.mjs';
import { runCommand, tryCommand } from './services/command.ts';

/** Where Go's own instructions install it; not every PATH has that. */
const usualPlace = '/usr/local/go/bin/go';

/** The go command; undefined where there is none. */
export async function findGo(): Promise<string | undefined> {
  for (const command of ['go', usualPlace]) if ((await tryCommand(command, ['version'])).ok) return command;
  return undefined;
}

/** The go command, or an error that says what it is needed for. */
export async function goCommand(purpose: string): Promise<string> {
  const go = await findGo();
  if (go === undefined) throw new Error(`${purpose} needs Go, which is neither in PATH nor at ${usualPlace}`);
  return go;
}

export interface GoProgram {
  readonly name: string;
  readonly version: string;
  readonly command: readonly string[];
  readonly cwd?: string;
  /** What has `command` put the program into `staging`. */
  readonly env: (staging: string) => NodeJS.ProcessEnv;
}

export function isBuilt({ name, version }: Pick<GoProgram, 'name' | 'version'>): boolean {
  return existsSync(cacheDirectory(name, version));
}

/** The directory that the program is in, which is built unless it was already. */
export function buildOnce({ name, version, command, cwd, env }: GoProgram): Promise<string> {
  return fillOnce(cacheDirectory(name, version), async (staging) => {
    const go = await goCommand(`building ${name}`);
    console.error(`building ${name} ${version}, once on this machine`);
    await runCommand(go, command, { ...(cwd && { cwd }), env: { ...process.env, ...env(staging) } });
  });
}
