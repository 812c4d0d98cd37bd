// What the commands answer is what the platform has.
import assert from 'node:assert/strict';
import type { Response } from '../../adapters/grpc/methods.ts';
import type { RecordKey } from '../../core/store/port.ts';
import type { Entry } from '../../core/model/view.ts';
import { differences } from '../../local/compare.ts';
import type { DumpItem } from '../../proto/gen/vpcast/agent/v1/DumpItem.ts';
import type { ExplainPortResponse } from '../../proto/gen/vpcast/agent/v1/ExplainPortResponse.ts';
import type { ListPortsResponse } from '../../proto/gen/vpcast/agent/v1/ListPortsResponse.ts';
import type { ListVpcsResponse } from '../../proto/gen/vpcast/agent/v1/ListVpcsResponse.ts';
import type { Status } from '../../proto/gen/vpcast/agent/v1/Status.ts';
import type { CleanRoot } from './clean-root.ts';
import type { InstalledAgent } from './installed.ts';
import { HOST, OTHER_HOST } from './platform.ts';
import type { Platform } from './platform.ts';

type Port = Response<'CreatePort'>;

/** Of one VPC: a port on the installed agent's host and one on the other. */
export interface Known {
  readonly vpcId: string;
  readonly near: Port;
  readonly far: Port;
}

export async function checkAnswers(
  agent: InstalledAgent,
  platform: Platform,
  { vpcId, near, far }: Known,
): Promise<void> {
  const { revision } = await platform.control.getVpcStatus({ id: vpcId });
  const status = await agent.ask<Status>('status');
  assert.deepEqual([status.hostId, status.vpcs, status.ports, status.failures], [HOST, 1, 1, []]);
  const { lane } = await platform.control.getHost({ id: HOST });
  assert.deepEqual([status.uplink?.listening, status.uplink?.lane], [true, lane]);

  const { vpcs } = await agent.ask<ListVpcsResponse>('vpcs');
  assert.equal(vpcs.length, 1);
  const [vpc] = vpcs;
  const wanted = { id: vpcId, revision, listening: true, needsSnapshot: false, ports: 1, neighbors: 1 };
  assert.deepEqual({ ...vpc, ...wanted }, vpc);

  const shown = (port: Port, form: string, hostId: string) => ({
    ...{ id: port.id, vpcId, form, hostId, failure: '', macAddress: port.macAddress },
    revision: port.revision,
    ipAddresses: port.fixedIps.map(({ ipAddress }) => ipAddress),
  });
  const bound = shown(near, 'FORM_BOUND', '');
  const neighbor = shown(far, 'FORM_NEIGHBOR', OTHER_HOST);
  const ports = async (...flags: string[]) => (await agent.ask<ListPortsResponse>('ports', ...flags)).ports;
  assert.deepEqual(sorted(await ports()), sorted([bound]));
  assert.deepEqual(sorted(await ports('--all')), sorted([bound, neighbor]));

  for (const [{ id }, form] of [
    [near, 'FORM_BOUND'],
    [far, 'FORM_NEIGHBOR'],
  ] as const) {
    const { port, reasons, ...of } = await agent.ask<ExplainPortResponse>('explain', id);
    assert.deepEqual([port?.id, port?.form, of.vpc?.id, reasons], [id, form, vpcId, []]);
  }
  await checkDump(agent, platform);
}

/** The whole of what it holds is what Redis says that it should hold, to the byte. */
export async function checkDump(agent: InstalledAgent, platform: Platform): Promise<void> {
  const held = new Map<string, Map<RecordKey, Entry>>();
  for (const { entry } of await agent.ask<DumpItem[]>('dump')) {
    if (!entry?.scope.startsWith('vpc/')) continue;
    const vpcId = entry.scope.slice('vpc/'.length);
    const key = entry.key as RecordKey;
    const entries = held.get(vpcId) ?? new Map<RecordKey, Entry>();
    held.set(vpcId, entries.set(key, { key, revision: entry.revision, body: entry.body }));
  }
  const state = { vpcs: () => [...held.keys()], view: (vpcId: string) => held.get(vpcId) };
  assert.deepEqual(await differences(platform.store, new Map([[HOST, state]])), []);
}

/** Of ports that are not here, and what makes no sense. */
export async function checkRefusals(root: CleanRoot, agent: InstalledAgent, elsewhere: Port): Promise<void> {
  const unknown = `the port is in no VPC that host ${HOST} holds`;
  for (const id of ['no-such-port', elsewhere.id]) {
    const { port, vpc, reasons } = await agent.ask<ExplainPortResponse>('explain', id);
    assert.deepEqual([port, vpc, reasons], [null, null, [unknown]]);
  }
  for (const command of [
    ['explain'],
    ['explain', 'a', 'b'],
    ['vpcs', '--all'],
    ['sideways'],
    ['status', '--colour'],
  ])
    assert.match(await failure(root, 2, ...command), /vpcast-agent status/, command.join(' '));
}

/** While no agent runs. */
export async function checkSilence(root: CleanRoot): Promise<void> {
  for (const command of [['status'], ['vpcs'], ['ports'], ['explain', 'a'], ['dump', '--json']])
    assert.match(await failure(root, 1, ...command), /^no agent answers on \/run\/vpcast\/agent\.sock: /m);
}

/** What a command says on standard error that ends with this code, and with nothing on standard output. */
async function failure(root: CleanRoot, code: number, ...command: readonly string[]): Promise<string> {
  const result = await root.outcome('vpcast-agent', ...command);
  assert.deepEqual([result.code, result.stdout], [code, ''], `${command.join(' ')}: ${result.stderr}`);
  return result.stderr;
}

function sorted<T extends { readonly id: string }>(values: readonly T[]): T[] {
  return [...values].sort((a, b) => (a.id < b.id ? -1 : 1));
}
