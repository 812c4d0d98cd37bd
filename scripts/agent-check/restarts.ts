// An agent that ends, and starts again from what is on its disk.
import assert from 'node:assert/strict';
import type { ListPortsResponse } from '../../proto/gen/vpcast/agent/v1/ListPortsResponse.ts';
import type { Status } from '../../proto/gen/vpcast/agent/v1/Status.ts';
import { checkDump } from './answers.ts';
import type { Known } from './answers.ts';
import type { Start, InstalledAgent } from './installed.ts';
import { HOST, OTHER_HOST } from './platform.ts';
import type { Platform } from './platform.ts';

export interface Restart {
  readonly signal: 'SIGKILL' | 'SIGTERM';
  /** Of the program that is started. */
  readonly version: string;
}

/** Nothing happens meanwhile: it holds what it held, and nobody sends it anything. */
export async function checkIdleRestart(
  agent: InstalledAgent,
  platform: Platform,
  { signal, version }: Restart,
): Promise<Start> {
  const places = await platform.places();
  const vpcs = await agent.metric('vpcs');
  await end(agent, signal);
  const start = await agent.start();
  await untilSettled(agent, vpcs);
  await expectContinued(agent, platform, places, version);
  assert.equal(await agent.metric('applied_total'), 0, 'messages that told it anything');
  return start;
}

/** A port comes and another goes while it is away: it gets that, and no more than that. */
export async function checkRestartAmidChanges(
  agent: InstalledAgent,
  platform: Platform,
  { vpcId, near }: Known,
  { signal, version }: Restart,
): Promise<Start> {
  const { control } = platform;
  const gone = await platform.newPort({ vpcId }, OTHER_HOST);
  await platform.untilApplied(vpcId);
  const places = await platform.places();
  const vpcs = await agent.metric('vpcs');

  await end(agent, signal);
  const late = await platform.newPort({ vpcId }, HOST);
  await control.deletePort({ id: gone.id });
  assert.equal((await control.getPort({ id: late.id })).status, 'APPLY_STATUS_DOWN', 'nobody has it yet');
  const start = await agent.start();
  await platform.untilApplied(vpcId);
  await untilSettled(agent, vpcs);
  for (const { id } of [late, near])
    assert.equal((await control.getPort({ id })).status, 'APPLY_STATUS_ACTIVE');
  await expectContinued(agent, platform, places, version);
  const { ports } = await agent.ask<ListPortsResponse>('ports', '--all');
  const ids = ports.map(({ id }) => id);
  assert.deepEqual([ids.includes(late.id), ids.includes(gone.id)], [true, false]);
  assert.notEqual(await agent.metric('applied_total'), 0);
  await control.deletePort({ id: late.id });
  await platform.untilApplied(vpcId);
  return start;
}

async function end(agent: InstalledAgent, signal: Restart['signal']): Promise<void> {
  assert.equal(await agent.end(signal), signal === 'SIGKILL' ? null : 0, `exit code after ${signal}`);
}

/** Registered, listening, and heard of. */
async function untilSettled(agent: InstalledAgent, vpcs: number): Promise<void> {
  await agent.untilListening(vpcs);
  await agent.until('an answer of the control service, and a report', async () => {
    const { uplink } = await agent.ask<Status>('status');
    return uplink !== null && uplink.listening && uplink.registeredAtMs > 0 && uplink.reportedAtMs > 0;
  });
}

async function expectContinued(
  agent: InstalledAgent,
  platform: Platform,
  places: object,
  version: string,
): Promise<void> {
  assert.equal(await agent.metric('snapshots_total'), 0, 'snapshots');
  assert.equal(await agent.metric('gaps_total'), 0, 'gaps');
  assert.deepEqual(await platform.places(), places, 'its slots');
  assert.equal((await agent.ask<Status>('status')).version, version);
  assert.equal((await platform.control.getHost({ id: HOST })).agentVersion, version);
  await checkDump(agent, platform);
}
