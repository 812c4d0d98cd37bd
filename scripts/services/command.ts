import { execFile } from 'node:child_process';

export interface CommandResult {
  readonly ok: boolean;
  readonly output: string;
}

/** Runs a command to its end; one that cannot be started is not ok either. */
export function tryCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(command, args, { ...options, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const output = error === null ? stdout : `${stdout}\n${stderr}`.trim() || error.message;
      resolve({ ok: error === null, output });
    });
  });
}

/** The command's standard output, or an error that ends with the last lines it printed. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { ok, output } = await tryCommand(command, args, options);
  if (ok) return output;
  throw new Error(`${command} ${args.join(' ')} failed:\n${output.split('\n').slice(-20).join('\n')}`);
}
