import { join } from 'node:path';
import { until } from '../../local/until.ts';
import { startChild } from '../child.ts';
import { defer } from '../deferred.ts';
import type { FleetNews, FleetOrder, FleetStart, FleetState } from './fleet-messages.ts';

export interface Fleet {
  readonly pid: number;
  readonly state: FleetState;
  /** Resolves when it is so, by what the hosts last said. */
  until(condition: (state: FleetState) => boolean): Promise<void>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 600_000;

/** Light hosts in a process of their own; resolves when all are registered and listen. */
export async function startFleet(
  start: FleetStart,
  {
    dir,
    signal,
    onFailure,
  }: { readonly dir: string; readonly signal: AbortSignal; readonly onFailure: (error: Error) => void },
): Promise<Fleet> {
  const started = defer<undefined>();
  let state: FleetState = { joined: 0, reading: 0, revision: 0, reports: 0 };
  const fail = (error: Error): void => {
    started.reject(error);
    onFailure(error);
  };
  const child = startChild<FleetOrder, FleetNews>({
    script: 'memory/fleet-worker.ts',
    logFile: join(dir, 'fleet.log'),
    onEnd: fail,
    onMessage: (news) => {
      if (news.kind === 'started') started.resolve(undefined);
      else if (news.kind === 'state') state = news.state;
      else fail(new Error(`light hosts: ${news.reason}`));
    },
  });
  child.send({ kind: 'start', start });
  await started.promise;
  return {
    pid: child.pid,
    get state() {
      return state;
    },
    until: (condition) =>
      until(() => {
        signal.throwIfAborted();
        return condition(state);
      }, PATIENCE_MS),
    stop: () => child.stop(),
  };
}
