// What the archive does on a Debian without Node, beside a running deployment.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { checkAnswers, checkDump, checkRefusals, checkSilence } from './answers.ts';
import type { Known } from './answers.ts';
import { CleanRoot } from './clean-root.ts';
import type { Figures } from './figures.ts';
import { InstalledAgent, configure } from './installed.ts';
import type { Start } from './installed.ts';
import { NEIGHBORS, OWN_PORTS, fill } from './many-vpcs.ts';
import { checkUninstall, install, installedVersions, sizes } from './package.ts';
import type { Archive } from './package.ts';
import { HOST, OTHER_HOST, startPlatform } from './platform.ts';
import type { Platform } from './platform.ts';
import { checkIdleRestart, checkRestartAmidChanges } from './restarts.ts';
import type { Restart } from './restarts.ts';

export interface CheckOptions {
  readonly archive: Archive;
  /** The same program under another version. */
  readonly other: Archive;
  /** Emptied by whoever made it. */
  readonly work: string;
  /** Told what was found to be right. */
  readonly say: (what: string) => void;
}

const VPCS = 50;

export async function checkAgent(options: CheckOptions): Promise<Omit<Figures, 'version' | 'sha256'>> {
  const { archive, work, say } = options;
  const root = await CleanRoot.make(join(work, 'root'));
  const agent = new InstalledAgent(root);
  const before = await root.list();
  await install(root, archive);
  assert.equal(await root.run('sh', '-c', 'command -v node || echo none'), 'none\n');
  const bytes = await sizes(root, archive);
  say('installed on a Debian without Node');
  await checkSilence(root);
  say('commands say that no agent answers');
  await configure(root, {
    VPCAST_HOST_ID: HOST,
    VPCAST_VTEP_IP: '192.0.2.1',
    VPCAST_CONTROL_ADDRESSES: '127.0.0.1:1',
  });
  const starts = await checkAlone(root, agent, say);

  const platform = await startPlatform(join(work, 'platform'));
  try {
    await configure(root, { VPCAST_CONTROL_ADDRESSES: platform.grpc });
    const few = await checkWithOneVpc({ ...options, root, agent, platform });
    const many = await checkWithManyVpcs({ ...options, root, agent, platform });
    assert.equal(await agent.end('SIGTERM'), 0);
    await checkSilence(root);
    await checkUninstall(root, archive, before);
    say('uninstall.sh leaves configuration and state, with --purge nothing');
    return {
      ...{ archiveBytes: bytes.archive, diskBytes: bytes.disk, vpcs: VPCS, ...many },
      ...{ rssBytes: few.rssBytes, ...best([...starts, ...few.starts]) },
    };
  } finally {
    await platform.stop();
  }
}

/** Nobody to talk to. */
async function checkAlone(
  root: CleanRoot,
  agent: InstalledAgent,
  say: CheckOptions['say'],
): Promise<Start[]> {
  const starts = [await agent.start()];
  const status = await agent.ask<{ uplink: { registered: boolean } }>('status');
  assert.equal(status.uplink.registered, false);
  assert.match(
    await root.run('vpcast-agent', 'explain', 'some-port'),
    /the control service has not answered yet/,
  );
  await agent.end('SIGKILL');
  starts.push(await agent.start());
  assert.equal(await agent.end('SIGTERM'), 0);
  say('starts, and says that it is alone, without a deployment');
  return starts;
}

interface Running extends CheckOptions {
  readonly root: CleanRoot;
  readonly agent: InstalledAgent;
  readonly platform: Platform;
}

async function checkWithOneVpc({ root, agent, platform, archive, other, say }: Running) {
  const { version } = archive;
  const starts = [await agent.start()];
  await agent.until('the host to be registered', async () => {
    const { agentVersion, online } = await platform.control.getHost({ id: HOST });
    return agentVersion === version && online;
  });
  say('registered with a running deployment');

  const vpcId = await platform.newVpc('a');
  const near = await platform.newPort({ vpcId, deviceId: 'vm-1' }, HOST);
  const far = await platform.newPort({ vpcId, deviceId: 'vm-2' }, OTHER_HOST);
  await platform.untilApplied(vpcId);
  assert.equal((await platform.control.getPort({ id: near.id })).status, 'APPLY_STATUS_ACTIVE');
  await agent.untilListening(1);
  say("received a VM's configuration: its port is ACTIVE");

  const known: Known = { vpcId, near, far };
  await checkAnswers(agent, platform, known);
  const elsewhere = await platform.newPort({ vpcId: await platform.newVpc('b') }, OTHER_HOST);
  await checkRefusals(root, agent, elsewhere);
  say('status, vpcs, ports, explain and dump answer what is true');
  await agent.untilIdle();
  const rssBytes = agent.rssBytes();

  const restarts = [
    (restart: Restart) => checkIdleRestart(agent, platform, restart),
    (restart: Restart) => checkRestartAmidChanges(agent, platform, known, restart),
  ];
  for (const restart of restarts) starts.push(await restart({ signal: 'SIGKILL', version }));
  say('killed and started again, with and without changes meanwhile: same slots, no snapshot');
  for (const restart of restarts) {
    for (const to of [other, archive]) {
      await install(root, to);
      assert.deepEqual((await installedVersions(root)).sort(), [archive.version, other.version].sort());
      starts.push(await restart({ signal: 'SIGTERM', version: to.version }));
    }
  }
  say('replaced by another version and back, likewise: same slots, no snapshot');
  return { starts, rssBytes };
}

async function checkWithManyVpcs({ agent, platform, archive, say }: Running) {
  await fill(agent, platform, VPCS - 1);
  await agent.untilIdle();
  const rssAfterReceivingBytes = agent.rssBytes();
  await checkDump(agent, platform);
  say(`received ${VPCS} VPCs`);
  const starts: (Start & { readonly listeningMs: number })[] = [];
  for (let n = 0; n < 3; n++) {
    assert.equal(await agent.end('SIGTERM'), 0);
    const start = await agent.start();
    starts.push({ ...start, listeningMs: await agent.untilListening(VPCS) });
  }
  await agent.untilIdle();
  const rssWithVpcsBytes = agent.rssBytes();
  await checkIdleRestart(agent, platform, { signal: 'SIGKILL', version: archive.version });
  say(`killed and started again with ${VPCS} VPCs: same slots, no snapshot`);
  const { readyMs, readyWaitedMs, readyCpuMs } = best(starts);
  return {
    ports: 2 + (VPCS - 1) * (OWN_PORTS + NEIGHBORS),
    readyWithVpcsMs: readyMs,
    readyWithVpcsWaitedMs: readyWaitedMs,
    readyWithVpcsCpuMs: readyCpuMs,
    listeningWithVpcsMs: Math.min(...starts.map(({ listeningMs }) => listeningMs)),
    ...{ rssAfterReceivingBytes, rssWithVpcsBytes },
  };
}

/** The one that lost least to what else the machine did. */
function best(starts: readonly Start[]): Pick<Figures, 'readyMs' | 'readyWaitedMs' | 'readyCpuMs'> {
  const [first] = [...starts].sort((a, b) => a.readyMs - a.waitedMs - (b.readyMs - b.waitedMs));
  const { readyMs = NaN, waitedMs = NaN, cpuMs = NaN } = first ?? {};
  return { readyMs, readyWaitedMs: waitedMs, readyCpuMs: cpuMs };
}
