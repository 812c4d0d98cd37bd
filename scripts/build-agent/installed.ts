import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import type { CleanRoot } from './clean-root.ts';

export interface Installed {
  readonly readyMs: number;
  rssBytes(): number;
  /** Resolves when a library of this name is loaded. */
  untilMapped(library: string): Promise<void>;
  /** Resolves to the exit code; null after SIGKILL. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** In addition to those of the unit. Nobody answers on these ports. */
const settings = {
  VPCAST_HOST_ID: 'host-1',
  VPCAST_VTEP_IP: '192.0.2.1',
  VPCAST_CONTROL_ADDRESSES: '127.0.0.1:1',
  VPCAST_HEALTH_ADDRESS: '127.0.0.1:0',
  VPCAST_READY_FILE: '/run/ready',
};

/** The installed agent, as a process of its own, when it is ready. */
export async function startInstalled(root: CleanRoot): Promise<Installed> {
  const readyFile = join(root.directory, 'run', 'ready');
  await rm(readyFile, { force: true });
  const startedMs = performance.now();
  const child = root.start('vpcast-agent', { ...environmentOfUnit(root), ...settings });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => (log += chunk.toString()));
  const proc = (file: string): string => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  try {
    await eventually('the ready file', () => existsSync(readyFile), { timeoutMs: 60_000, intervalMs: 2 });
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`the installed agent does not start:\n${log}`, { cause: error });
  }
  return {
    readyMs: Math.round(performance.now() - startedMs),
    rssBytes: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(proc('status'))?.[1]) * 1024,
    untilMapped: (library) =>
      eventually(`${library} to be loaded`, () => proc('maps').includes(library), {
        timeoutMs: 60_000,
        intervalMs: 20,
      }),
    end: async (signal) => {
      const exited = once(child, 'exit');
      child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

function environmentOfUnit(root: CleanRoot): Record<string, string> {
  const unit = readFileSync(join(root.directory, 'etc/systemd/system/vpcast-agent.service'), 'utf8');
  const pairs = [...unit.matchAll(/^Environment=(.*)$/gm)].flatMap(([, line = '']) => line.split(' '));
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
