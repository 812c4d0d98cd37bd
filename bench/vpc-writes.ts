import type { ControlClient } from '../adapters/grpc/methods.ts';
import { nowMs, openLoop } from './open-loop.ts';
import type { OpenLoopOptions } from './open-loop.ts';

/** A change that every host of a VPC is told of. */
export interface Write {
  readonly vpcId: string;
  readonly revision: number;
  readonly intendedAtMs: number;
  /** When the call was answered, and the change was committed. */
  readonly answeredAtMs: number;
}

/** So few that what a host holds stays small, so many that two changes hardly ever coalesce into one. */
const NAMES = 50;
const DATA = Buffer.alloc(256, 'x');

export async function writeOnce(client: ControlClient, vpcId: string, n: number): Promise<number> {
  const name = `setting-${n % NAMES}`;
  const { revision } = await client.publish({ vpcId, name, contentType: 'text/plain', data: DATA });
  return revision;
}

/** Changes VPCs in turn at a steady rate; resolves when all calls are answered, in the order of their revisions. */
export async function writeSteadily(
  client: ControlClient,
  vpcIds: readonly string[],
  options: OpenLoopOptions,
): Promise<Write[]> {
  const calls: Promise<Write>[] = [];
  await openLoop(options, (n, intendedAtMs) => {
    const vpcId = vpcIds[n % vpcIds.length]!;
    const call = writeOnce(client, vpcId, n).then((revision) => ({
      vpcId,
      revision,
      intendedAtMs,
      answeredAtMs: nowMs(),
    }));
    call.catch(() => undefined);
    calls.push(call);
  });
  const writes = await Promise.all(calls);
  return writes.sort((one, other) => one.revision - other.revision);
}
