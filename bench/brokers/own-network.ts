import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceProcess } from '../../scripts/services/service-process.ts';

export interface OwnNetwork {
  /** Of a process that sees it. */
  readonly pid: number;
  /** Before a command that shall see it. */
  readonly launcher: readonly [string, ...string[]];
  stop(): Promise<void>;
}

/** A network with loopback and nothing else, for programs that listen on all addresses whatever they are told. */
export async function openOwnNetwork(dir: string): Promise<OwnNetwork> {
  const mark = join(dir, 'network-is-up');
  const holder = await new ServiceProcess(
    {
      name: 'the network',
      command: 'unshare',
      args: ['--net', 'sh', '-c', 'ip link set lo up && touch "$0" && exec sleep infinity', mark],
      cwd: dir,
      env: process.env,
      logFile: join(dir, 'network.log'),
      isHealthy: () => Promise.resolve(existsSync(mark)),
      startTimeoutMs: 30_000,
      stopTimeoutMs: 10_000,
    },
    'owned',
  ).start();
  return {
    pid: holder.pid,
    launcher: ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--'],
    stop: () => holder.stop(),
  };
}
