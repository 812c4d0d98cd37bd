import { join } from 'node:path';
import { openPulsarCluster } from '../../adapters/pulsar/cluster.ts';
import { keyForSlot } from '../../core/placement/slots.ts';
import type { ServiceUrls } from '../../scripts/services/up.ts';
import { startChild } from '../child.ts';
import { defer } from '../deferred.ts';
import type { Watched } from '../processor-time.ts';
import type { ProbeNews, ProbeOrder, ProbeResult } from './messages.ts';

const SLOT = 4_711;
const SUBSCRIPTION = 'raw';
const MESSAGE_BYTES = 512;

export interface ProbeOptions {
  readonly dir: string;
  readonly services: ServiceUrls;
  readonly tenant: string;
  readonly ratePerSecond: number;
  readonly onFailure: (error: Error) => void;
}

export interface Probe {
  readonly process: Watched;
  /** What was measured since the start. */
  finish(): Promise<ProbeResult>;
  stop(): Promise<void>;
}

/** Resolves when it measures. */
export async function startProbe(options: ProbeOptions): Promise<Probe> {
  const { dir, services, tenant, ratePerSecond, onFailure } = options;
  const topic = `persistent://${tenant}/control/raw`;
  await makeTopic(services, tenant, topic);
  const started = defer<undefined>();
  const result = defer<ProbeResult>();
  const fail = (error: Error): void => {
    started.reject(error);
    result.reject(error);
    onFailure(error);
  };
  const child = startChild<ProbeOrder, ProbeNews>({
    script: 'raw-probe.ts',
    logFile: join(dir, 'raw-probe.log'),
    onEnd: fail,
    onMessage: (news) => {
      switch (news.kind) {
        case 'started':
          started.resolve(undefined);
          return;
        case 'result':
          result.resolve(news.result);
          return;
        case 'failed':
          fail(new Error(`raw probe: ${news.reason}`));
      }
    },
  });
  child.send({
    kind: 'start',
    start: {
      pulsarUrl: services.pulsarUrl,
      topic: `${topic}-partition-0`,
      subscription: SUBSCRIPTION,
      slot: SLOT,
      key: keyForSlot(SLOT),
      ratePerSecond,
      messageBytes: MESSAGE_BYTES,
      file: join(dir, 'raw-probe.data'),
    },
  });
  try {
    await started.promise;
  } catch (error) {
    await child.stop();
    throw error;
  }
  return {
    process: { name: 'raw probe', pid: child.pid },
    finish: () => {
      child.send({ kind: 'finish' });
      return result.promise;
    },
    stop: () => child.stop(),
  };
}

/** A partitioned topic with one partition, in a namespace of ours: the same policies as those of the copies. */
async function makeTopic(services: ServiceUrls, tenant: string, topic: string): Promise<void> {
  const cluster = await openPulsarCluster({
    name: 'main',
    serviceUrl: services.pulsarUrl,
    adminUrl: services.pulsarAdminUrl,
    tenant,
  });
  try {
    await cluster.admin.ensureTopic(topic, 1, [SUBSCRIPTION]);
  } finally {
    await cluster.close();
  }
}
