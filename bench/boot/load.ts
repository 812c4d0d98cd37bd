import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { until } from '../../local/until.ts';
import { nowMs, openLoop } from '../open-loop.ts';
import type { AppliedPort } from '../agents-messages.ts';
import type { SampleKind } from './plan.ts';

export interface Boot {
  readonly kind: SampleKind;
  readonly portId: string;
  readonly hostId: string;
}

/** One boot from the moment it was meant for to the moment it was durable on its host. */
export interface BootTimes extends Omit<AppliedPort, 'portId' | 'hostId'> {
  readonly kind: SampleKind;
  readonly intendedAtMs: number;
  readonly calledAtMs: number;
  readonly answeredAtMs: number;
}

export interface LoadOptions {
  readonly ratePerSecond: number;
  /** How long the last ones may take. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
}

/** Binds ports at a steady rate and puts together what is learnt of each. */
export class BootLoad {
  readonly #client: ControlClient;
  readonly #applied = new Map<string, AppliedPort>();

  constructor(client: ControlClient) {
    this.#client = client;
  }

  /** A host says that a port is durable. */
  applied(port: AppliedPort): void {
    const name = `${port.portId} ${port.hostId}`;
    if (!this.#applied.has(name)) this.#applied.set(name, port);
  }

  /** Resolves when all of them are applied; rejects when calls fail or hosts never say so. */
  async run(boots: readonly Boot[], options: LoadOptions): Promise<BootTimes[]> {
    const { ratePerSecond, patienceMs, signal } = options;
    const called: Promise<{ intendedAtMs: number; calledAtMs: number; answeredAtMs: number }>[] = [];
    await openLoop({ ratePerSecond, count: boots.length, signal }, (n, intendedAtMs) => {
      const calledAtMs = nowMs();
      const { portId, hostId } = boots[n]!;
      const call = this.#client
        .bindPort({ requestId: `boot-${portId}`, portId, hostId })
        .then(() => ({ intendedAtMs, calledAtMs, answeredAtMs: nowMs() }));
      call.catch(() => undefined);
      called.push(call);
    });
    signal.throwIfAborted();
    const calls = await Promise.all(called);
    const appliedOf = ({ portId, hostId }: Boot): AppliedPort | undefined =>
      this.#applied.get(`${portId} ${hostId}`);
    const missing = (): number => boots.filter((boot) => appliedOf(boot) === undefined).length;
    await until(() => signal.aborted || missing() === 0, patienceMs).catch(() => {
      throw new Error(`${missing()} of ${boots.length} ports were not applied within ${patienceMs} ms`);
    });
    signal.throwIfAborted();
    return boots.map((boot, n) => {
      const { sentAtMs, receivedAtMs, durableAtMs } = appliedOf(boot)!;
      return { kind: boot.kind, ...calls[n]!, sentAtMs, receivedAtMs, durableAtMs };
    });
  }
}
