import { join } from 'node:path';
import { startChild } from '../child.ts';
import type { Child, ChildOptions } from '../child.ts';
import { defer } from '../deferred.ts';
import type { Point, Published, Session } from './design.ts';
import { Gathering } from './gathering.ts';
import type { ClientNews, ClientOrder, ClientStart, Target } from './messages.ts';
import { encodePayload } from './payload.ts';

export type StartClient = (
  options: Pick<ChildOptions<ClientNews>, 'logFile' | 'onMessage' | 'onEnd'>,
) => Child<ClientOrder>;

export interface ClientSessionOptions {
  readonly design: string;
  readonly dir: string;
  readonly target: Target;
  readonly point: Point;
  /** Instead of a Node process of the bench. */
  readonly startClient?: StartClient;
  /** See `ChildOptions`. */
  readonly launcher?: readonly string[];
}

const ATTACHED_WITHIN_MS = 180_000;
const PUBLISHED_WITHIN_MS = 60_000;

/** Hosts in some processes of clients, and one process that publishes. Resolves when all hosts are attached. */
export async function openClientSession(options: ClientSessionOptions): Promise<Session> {
  const { design, target, point } = options;
  const gathering = new Gathering(point.hosts);
  const published = new Map<number, (times: Published) => void>();
  const start = startOfNode(options);
  const failed = defer<never>();
  const fail = (error: Error): void => {
    gathering.fail(error);
    failed.reject(error);
  };
  const startOne = (process: number, name: string, role: ClientStart['role']) => {
    const started = defer<readonly number[]>();
    const logFile = join(options.dir, `${name}-${point.hosts}.log`);
    const child = start({
      logFile,
      onEnd: fail,
      onMessage: (news) => {
        switch (news.kind) {
          case 'started':
            started.resolve(news.pids);
            return;
          case 'published':
            published.get(news.multicast)?.(news);
            return;
          case 'received':
            gathering.add(process, news.received);
            return;
          case 'failed':
            fail(new Error(`${design}: ${news.reason}`));
        }
      },
    });
    const { hosts, hostsPerPartition, hostsPerConnection } = point;
    child.send({
      kind: 'start',
      start: { design, target, hosts, hostsPerPartition, hostsPerConnection, role },
    });
    return { child, started: Promise.race([started.promise, failed.promise]) };
  };
  const parts = Array.from({ length: point.processes }, (_, n) =>
    startOne(n, `hosts-${n}`, { kind: 'hosts', indexes: indexesOf(n, point) }),
  );
  const publisher = startOne(-1, 'publisher', { kind: 'publisher' });
  const all = [...parts, publisher];
  const close = async (): Promise<void> => {
    await Promise.all(all.map(({ child }) => child.stop()));
  };
  const timer = setTimeout(() => {
    fail(new Error(`${point.hosts} hosts were not attached within ${ATTACHED_WITHIN_MS / 1_000} s`));
  }, ATTACHED_WITHIN_MS);
  try {
    const pids = (await Promise.all(all.map(({ started }) => started))).flat();
    return {
      clients: pids.map((pid) => ({ name: 'clients', pid })),
      appliesToo: false,
      publish: async (multicast) => {
        const done = defer<Published>();
        published.set(multicast, done.resolve);
        publisher.child.send({ kind: 'publish', multicast, payload: encodePayload(multicast) });
        const timer = setTimeout(() => {
          fail(new Error(`multicast ${multicast} was not taken within ${PUBLISHED_WITHIN_MS / 1_000} s`));
        }, PUBLISHED_WITHIN_MS);
        try {
          return await Promise.race([done.promise, failed.promise]);
        } finally {
          clearTimeout(timer);
          published.delete(multicast);
        }
      },
      untilReceived: (multicast, patienceMs) => gathering.untilReceived(multicast, patienceMs),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function startOfNode({ launcher = [], startClient }: ClientSessionOptions): StartClient {
  return startClient ?? ((child) => startChild({ script: 'multicast/client-worker.ts', launcher, ...child }));
}

function indexesOf(process: number, { hosts, processes }: Point): number[] {
  return Array.from({ length: hosts }, (_, index) => index).filter((index) => index % processes === process);
}
