import type { ControlClient } from '../../adapters/grpc/methods.ts';
import { forEachOf } from '../../local/pool.ts';
import type { BenchHost } from '../agents-messages.ts';
import type { Vpc } from '../network.ts';
import { openLoop } from '../open-loop.ts';
import type { OpenLoopOptions } from '../open-loop.ts';
import { writeOnce } from '../vpc-writes.ts';

const PORTS_PER_CALL = 100;
const CALLS_AT_ONCE = 4;

/** Ports that are bound on the hosts in turn; answers with their ids and the last revision. */
export async function makeBoundPorts(
  client: ControlClient,
  vpc: Vpc,
  hosts: readonly BenchHost[],
  count: number,
  step: (made: number) => void,
): Promise<{ ids: string[]; revision: number }> {
  const ids: string[] = [];
  let revision = 0;
  await forEachOf(Math.ceil(count / PORTS_PER_CALL), CALLS_AT_ONCE, async (call) => {
    const from = call * PORTS_PER_CALL;
    const requests = Array.from({ length: Math.min(PORTS_PER_CALL, count - from) }, (_, n) => ({
      port: { vpcId: vpc.id, deviceId: `vm-${from + n}`, securityGroupIds: [vpc.groupId] },
      hostId: hosts[(from + n) % hosts.length]!.id,
    }));
    const { ports } = await client.createPorts({ requestId: `ports-${vpc.id}-${from}`, requests });
    for (const port of ports) {
      ids.push(port.id);
      revision = Math.max(revision, port.revision);
    }
    step(ports.length);
  });
  return { ids, revision };
}

export interface Updated {
  readonly answered: number;
  readonly failed: number;
  /** Of the last change. */
  readonly revision: number;
}

/**
 * Changes at a steady rate. Of ten, six rename a port, two change configuration, one makes a port on a host and one
 * deletes the oldest of these, so that the VPC stays as large as it is.
 */
export async function updateSteadily(
  client: ControlClient,
  vpc: Vpc,
  { hosts, ports }: { readonly hosts: readonly BenchHost[]; readonly ports: readonly string[] },
  options: OpenLoopOptions,
): Promise<Updated> {
  const made: string[] = [];
  const sum = { answered: 0, failed: 0, revision: 0 };
  const update = async (n: number): Promise<number> => {
    const kind = n % 10;
    if (kind < 2) return writeOnce(client, vpc.id, n);
    if (kind === 2) {
      const port = { vpcId: vpc.id, deviceId: `late-${n}`, securityGroupIds: [vpc.groupId] };
      const { id: hostId } = hosts[n % hosts.length]!;
      const { ports: created } = await client.createPorts({
        requestId: `late-${vpc.id}-${n}`,
        requests: [{ port, hostId }],
      });
      made.push(...created.map(({ id }) => id));
      return created[0]?.revision ?? 0;
    }
    const oldest = kind === 3 ? made.shift() : undefined;
    if (oldest !== undefined) {
      await client.deletePort({ id: oldest });
      return 0;
    }
    const port = { id: ports[(n * 7_919) % ports.length]!, name: `name-${n}` };
    return (await client.updatePort({ port, updateMask: { paths: ['name'] } })).revision;
  };
  const calls: Promise<void>[] = [];
  await openLoop(options, (n) => {
    const call = update(n).then(
      (revision) => {
        sum.answered++;
        sum.revision = Math.max(sum.revision, revision);
      },
      () => {
        sum.failed++;
      },
    );
    calls.push(call);
  });
  await Promise.all(calls);
  return sum;
}
