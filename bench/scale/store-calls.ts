import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from '../../core/store/port.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { joinVpc, makeVpcs } from '../network.ts';
import type { Vpc } from '../network.ts';
import { rounded } from '../statistics.ts';

/** Calls of the store port; with Redis each is one command or script. */
export interface StoreCalls {
  readonly experiment: 'scale-store-calls';
  /** From the call to the end of its dispatch, without the reports that follow. */
  readonly per_bind: number;
  readonly per_joining_bind: number;
  readonly per_reported_scope: number;
  /** Of a server and an infrastructure node, whatever the number of hosts. */
  readonly idle_per_second: number;
}

const FEW = 4;
const MANY = 24;
const BINDS = 20;
const IDLE_MS = 4_000;
const STILL_MS = 50;

/** Counts on the embedded platform: only the programs' own code decides how many there are. */
export async function countStoreCalls(): Promise<StoreCalls> {
  const hosts = Array.from({ length: MANY + BINDS }, (_, n) => ({ id: `host-${n}` }));
  const platform = await startPlatform({
    hosts: hosts.map(({ id }) => id),
    infraNodes: 1,
    backend: 'embedded',
    // Each change is reported by itself, and heartbeats stay out of the count.
    agent: { heartbeatMs: 600_000, reportCoalesceMs: 1, reportWindowMs: 1 },
  });
  try {
    const calls = countCalls(platform.store);
    const [few, many] = await makeVpcs(platform.client, 2, () => undefined);
    await joinVpc(platform.client, few!, hosts.slice(0, FEW), () => undefined);
    await joinVpc(platform.client, many!, hosts.slice(0, MANY), () => undefined);
    await untilStill(calls);
    const from = calls.total;
    await delay(IDLE_MS);
    const idlePerSecond = ((calls.total - from) * 1_000) / IDLE_MS;
    const measure = (vpc: Vpc, onto: (n: number) => string): Promise<number> =>
      callsPerBind({ platform, calls, idlePerSecond }, vpc, onto);
    const ofFew = await measure(few!, (n) => hosts[n % FEW]!.id);
    const ofMany = await measure(many!, (n) => hosts[n % MANY]!.id);
    // The n-th that joins makes n more that report.
    const ofJoining = await measure(few!, (n) => hosts[FEW + n]!.id);
    const perReport = (ofMany - ofFew) / (MANY - FEW);
    return {
      experiment: 'scale-store-calls',
      per_bind: rounded(ofFew - perReport * FEW, 1),
      per_joining_bind: rounded(ofJoining - perReport * (FEW + (BINDS + 1) / 2), 1),
      per_reported_scope: rounded(perReport, 2),
      idle_per_second: rounded(idlePerSecond, 1),
    };
  } finally {
    await platform.stop();
  }
}

interface Calls {
  total: number;
}

/** Counts what anybody calls on the store from now on. */
function countCalls(store: Store): Calls {
  const calls: Calls = { total: 0 };
  const methods = store as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, method] of Object.entries(methods)) {
    methods[name] = (...args) => {
      calls.total++;
      return method.apply(store, args);
    };
  }
  return calls;
}

interface Counted {
  readonly platform: Platform;
  readonly calls: Calls;
  readonly idlePerSecond: number;
}

/** One bind at a time, so that no two of them are dispatched together. */
async function callsPerBind(
  { platform: { client }, calls, idlePerSecond }: Counted,
  vpc: Vpc,
  onto: (n: number) => string,
): Promise<number> {
  const hostIds = Array.from({ length: BINDS }, (_, n) => onto(n));
  const requests = hostIds.map((hostId) => ({
    port: { vpcId: vpc.id, name: hostId, deviceId: hostId, securityGroupIds: [vpc.groupId] },
  }));
  const { ports } = await client.createPorts({ requestId: `ports-${hostIds[0]!}-${vpc.id}`, requests });
  await untilStill(calls);
  const from = { calls: calls.total, ms: performance.now() };
  for (const [n, hostId] of hostIds.entries()) {
    await client.bindPort({ requestId: `${hostId}-${n}`, portId: ports[n]!.id, hostId });
    await untilStill(calls);
  }
  const idle = (idlePerSecond * (performance.now() - from.ms)) / 1_000;
  return (calls.total - from.calls - idle) / BINDS;
}

async function untilStill(calls: Calls): Promise<void> {
  for (let seen = -1; seen !== calls.total;) {
    seen = calls.total;
    await delay(STILL_MS);
  }
}
