import { decodeWork } from '../core/codec/work.ts';
import type { Work } from '../core/codec/work.ts';
import { PlatformError } from '../core/errors.ts';
import type { DeadLetterCount } from '../core/messaging/dead-letters.ts';
import type { IncomingMessage } from '../core/messaging/port.ts';
import { subscriptions } from '../core/placement/topics.ts';
import { pause, retry } from '../core/retry.ts';
import type { Scope } from '../core/store/port.ts';
import type { InfraDeps } from './deps.ts';
import { dispatchScope } from './dispatch.ts';
import { Node, homeOf } from './node.ts';
import { runPasses } from './passes/passes.ts';
import { ResyncWindow } from './resyncs.ts';
import type { Demand } from './resyncs.ts';
import { ScopeRunner } from './scope-runner.ts';
import { openSplitting } from './split/open.ts';
import type { InfraGauge, InfraStats } from './stats.ts';
import { sweepUntil } from './sweep.ts';
import type { TakeIn } from './sweep.ts';

export interface InfraNode {
  readonly name: string;
  readonly stats: Readonly<InfraStats>;
  gauges(): Readonly<Record<InfraGauge, number>>;
  deadLetters(): readonly DeadLetterCount[];
  /**
   * Takes no more work in, finishes what is running, and closes. What the store and the clusters hold open stays open.
   * What is not done within the time comes again elsewhere; here it ends with the clusters, for which it may be waiting.
   */
  drain(graceMs?: number): Promise<void>;
  /** Gives everything back at once; what was running comes again elsewhere. */
  close(): Promise<void>;
}

/** Resolves when the node takes work; waits for the control service to have made the work topic. */
export async function startInfraNode(deps: InfraDeps, signal?: AbortSignal): Promise<InfraNode> {
  const partitions = await workPartitions(deps, signal);
  const node = new Node(deps, partitions);
  const runner = new ScopeRunner({
    run: runOf(node),
    restMs: (scope) => node.rests.take(scope),
    inFlight: node.options.scopesInFlight,
    queued: node.options.scopesQueued,
    clock: node.clock,
    logger: node.logger,
    onFailure: () => {
      node.count('failures');
    },
    onMerged: (messages) => {
      node.count('workMerged', messages);
    },
  });
  const intake = new AbortController();
  const finished = new AbortController();
  const subscription = await node.home.bus.subscribeGroup({
    topic: node.topics.work,
    partitions,
    subscription: subscriptions.infra,
    consumerName: node.name,
    order: 'by-key',
    handler: async (message) => {
      // Acknowledgements need the subscription, so it stays open for a while without anything being taken from it.
      if (intake.signal.aborted) await aborted(finished.signal);
      else await takeIn(node, runner, message);
    },
  });
  const take: TakeIn = (scope, sentAtMs) =>
    runner.add({ kind: 'dispatch', scope }, { sentAtMs, ack: () => Promise.resolve() });
  const background = [
    sweepUntil(node, take, intake.signal),
    node.offline.pollUntil(node.options.offlinePollMs, intake.signal),
    runPasses(node, intake.signal),
  ];
  const splitting = openSplitting(node, intake.signal);

  let ending: Promise<void> | undefined;
  const end = async (finish: boolean, graceMs = Infinity): Promise<void> => {
    intake.abort();
    const stopped = runner.stop();
    const isLate = finish && !(await endsWithin(stopped, graceMs));
    finished.abort();
    await subscription.close();
    if (isLate) return;
    await Promise.all([stopped, ...background]);
    // What was running had chunks to wait for.
    await (await splitting)?.close();
  };
  return {
    name: node.name,
    stats: node.stats,
    gauges: () => ({
      ...node.gauges,
      scopesAtHand: runner.size,
      hostsOffline: node.offline.all().size,
    }),
    deadLetters: () => node.deadLetters.counts(),
    drain: (graceMs) => (ending ??= end(true, graceMs)),
    close: () => (ending ??= end(false)),
  };
}

async function workPartitions(deps: InfraDeps, signal?: AbortSignal): Promise<number> {
  const { admin } = homeOf(deps);
  const find = async (): Promise<number> => {
    const stats = await admin.topicStats(deps.topics.work);
    if (stats === undefined) throw new PlatformError('unavailable', 'there is no work topic yet');
    return stats.partitions;
  };
  return retry(find, { attempts: Infinity, maxMs: 2_000, ...(signal === undefined ? {} : { signal }) });
}

async function endsWithin(work: Promise<void>, ms: number): Promise<boolean> {
  if (ms === Infinity) return work.then(() => true);
  const late = new AbortController();
  const isLate = pause(ms, late.signal).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([work.then(() => true), isLate]);
  } finally {
    late.abort();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
}

async function takeIn(node: Node, runner: ScopeRunner, message: IncomingMessage): Promise<void> {
  let work: Work;
  try {
    work = decodeWork(message.properties);
  } catch (error) {
    node.count('workMalformed');
    node.logger.warn('work that is not understood', { error });
    node.deadLetters.put({ lane: 'work', message, error });
    await message.ack();
    return;
  }
  node.count('work');
  await runner.add(work, message);
}

function runOf(node: Node): (scope: Scope, demand: Demand) => Promise<void> {
  const window = new ResyncWindow(node.options.resyncWindowMs, node.clock);
  return async (scope, demand) => {
    const { resyncs, tails } = demand;
    const due = window.due(scope, resyncs);
    const isOurs = await dispatchScope(node, scope, { ...demand, resyncs: due });
    if (!isOurs && due.size + tails.size > 0) {
      // Whoever took the turn dispatches what is in the log, and knows nothing of who asked here.
      throw new PlatformError('aborted', `another node took a turn on ${scope}`);
    }
    window.answered(scope, due);
    node.count('resyncsDropped', resyncs.size - due.size);
  };
}
