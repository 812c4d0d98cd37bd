import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { PlatformError } from '../../core/errors.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { inconsistencies } from '../support/consistency.ts';
import { crashCases, crashHosts } from '../support/crash-cases.ts';
import type { KillPoint } from '../support/crashing-server.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';

const program = fileURLToPath(new URL('../support/crashing-server.ts', import.meta.url));

/** At each step of the way of a write: claims, hints, announcement, commit, wake-up; and before its answer. */
const samples: readonly (KillPoint & { readonly rpc: string })[] = [
  { rpc: 'CreateVpc', method: 'ensureTopic', nth: 1, moment: 'after' },
  { rpc: 'CreateVpc', method: 'commit', nth: 1, moment: 'after' },
  { rpc: 'CreatePort', method: 'claim', nth: 1, moment: 'before' },
  { rpc: 'CreatePort', method: 'claim', nth: 1, moment: 'after' },
  { rpc: 'CreatePort', method: 'enlist', nth: 1, moment: 'after' },
  { rpc: 'CreatePort', method: 'announce', nth: 1, moment: 'before' },
  { rpc: 'CreatePort', method: 'commit', nth: 1, moment: 'before' },
  { rpc: 'BindPort', method: 'commit', nth: 1, moment: 'after' },
  { rpc: 'MigratePort', method: 'sendByKey', nth: 1, moment: 'before' },
  { rpc: 'UnbindPort', method: 'sendByKey', nth: 1, moment: 'after' },
  { rpc: 'DeletePort', method: 'delist', nth: 1, moment: 'before' },
  { rpc: 'DeleteVpc', method: 'commit', nth: 1, moment: 'after' },
];

interface Victim {
  readonly child: ChildProcess;
  readonly port: number;
}

describe('a server that is killed in a call', function () {
  this.timeout(120_000);
  let platform: Platform;
  const children = new Set<ChildProcess>();
  /** Starting takes longer than dying, so the next one starts meanwhile. */
  let next: Promise<Victim> | undefined;

  before(async () => {
    platform = await startPlatform({
      ...{ hosts: [...crashHosts], infraNodes: 1, backend: realServices() },
      infra: { sweepIntervalMs: 200, sweepAfterMs: 200 },
    });
  });
  after(async () => {
    await next?.catch(() => undefined);
    for (const child of children) child.kill('SIGKILL');
    await platform.stop();
  });

  /** Another server of the same deployment, and where it listens. */
  async function startVictim(): Promise<Victim> {
    const { pulsarUrl, pulsarAdminUrl, redisUrl } = realServices();
    const { tenant } = platform.topics;
    const child = fork(program, {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: {
        ...process.env,
        VPCAST_REDIS_URL: redisUrl,
        VPCAST_KEY_PREFIX: `${tenant}:`,
        VPCAST_PULSAR_CLUSTERS: `main=${pulsarUrl}|${pulsarAdminUrl}`,
        VPCAST_TENANT: tenant,
      },
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return { child, port };
  }

  async function whole(): Promise<void> {
    await platform.settled(30_000);
    await eventually(async () => {
      expect(await inconsistencies(platform.store)).to.deep.equal([]);
    });
  }

  for (const [n, { rpc, ...point }] of samples.entries()) {
    it(`${point.moment} ${point.method} of ${rpc} has done all of it or nothing, and a repeat does it`, async () => {
      const each = crashCases.find(({ name }) => name === rpc);
      if (each === undefined) throw new Error(`no case ${rpc}`);
      const id = `killed-${n}`;
      const victim = next ?? startVictim();
      await each.prepare(platform.client, id);
      const { child, port } = await victim;
      next = n + 1 < samples.length ? startVictim() : undefined;
      // Whoever awaits it hears of a failure.
      next?.catch(() => undefined);
      const exited = once(child, 'exit');
      const armed = once(child, 'message');
      child.send(point);
      await armed;
      const client = openControlClient({ addresses: `127.0.0.1:${port}`, retry: { attempts: 1 } });
      const outcome = await each.call(client, id).then(
        () => 'answered',
        (error: unknown) => PlatformError.from(error).code,
      );
      client.close();
      expect(await exited).to.deep.equal([null, 'SIGKILL']);
      // A wake-up is on its way beside the answer, and what follows a commit may be swept up after it.
      if (point.method !== 'sendByKey') expect(outcome).to.equal('unavailable');
      await whole();
      await each.call(platform.client, id);
      await each.check(platform.client, id);
      await whole();
    });
  }
});
