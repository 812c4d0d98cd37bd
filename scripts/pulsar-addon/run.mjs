// Runs a command to its end.
import { spawn } from 'node:child_process';

/** Resolves to {ok, stdout, stderr}; a command that cannot be started or takes too long is not ok. */
export function run(command, args, { timeoutMs, ...options } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      ...options,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk) => (stderr += chunk));
    child.once('error', (error) => resolve({ ok: false, stdout, stderr: error.message }));
    child.once('close', (code, signal) =>
      resolve({ ok: code === 0, stdout, stderr: signal === null ? stderr : `${stderr}\nended by ${signal}` }),
    );
  });
}

/** The command's standard output, or an error that names the step and ends with the last lines it printed. */
export async function mustRun(step, command, args, options) {
  const { ok, stdout, stderr } = await run(command, args, options);
  if (ok) return stdout;
  const tail = `${stdout}\n${stderr}`.trim().split('\n').slice(-25).join('\n');
  throw new Error(`${step} failed:\n${tail}`);
}
