import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { PlatformError } from '../../core/errors.ts';
import { scopes, splitKey, splitScope } from '../../core/model/keys.ts';
import type { CopiesLane } from '../../core/model/resources.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { forEachOf } from '../../local/pool.ts';
import { readLane } from '../../server/lanes.ts';
import { inconsistencies } from '../support/consistency.ts';
import { eventually } from '../support/eventually.ts';
import { seeded } from '../support/random.ts';

/** `VPCAST_TEST_SEED` repeats a run. */
const seed = Number(process.env['VPCAST_TEST_SEED'] ?? Date.now() % 1_000_000);
const hosts = Array.from({ length: 8 }, (_, n) => `host-${n}`);
const VPCS = 12;
const STEPS = 40;

describe(`small VPCs that share topics, grow and are deleted (seed ${seed})`, function () {
  this.timeout(240_000);
  const random = seeded(seed);
  const strays: string[] = [];
  let platform: Platform;
  const shared = new Set<string>();
  const grown = new Set<string>();
  let deleted = 0;

  before(async () => {
    platform = await startPlatform({
      ...{ hosts, infraNodes: 2, backend: 'embedded', copiesNamespaces: 2 },
      limits: { hostsPerPartition: 4, maxPartitions: 4, sharedHosts: 3 },
      infra: { sweepIntervalMs: 50, sweepAfterMs: 50, changesPage: 3 },
      agent: { repeat: { baseMs: 200, maxMs: 1_000 }, snapshotGraceMs: 500 },
    });
    platform.onApplied((host, scope, _revision, changed) => {
      const { kind, id } = splitScope(scope);
      if (kind !== 'vpc') return;
      for (const { key } of changed) {
        // All names begin with that of their VPC.
        if (!splitKey(key).id.startsWith(id) && !key.endsWith('/lane'))
          strays.push(`${host} ${scope} ${key}`);
      }
    });
  });
  after(() => platform.stop());

  const laneOf = async (id: string): Promise<CopiesLane | undefined> =>
    readLane(platform.store, scopes.vpc(id));

  /** What is to be tried again later, as the hosts of a former VPC, or of a move, still leave. */
  async function unlessAborted(call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      if (PlatformError.from(error).code !== 'aborted') throw error;
      return false;
    }
  }

  /** One VPC after another of the same name. */
  async function live(id: string): Promise<void> {
    const { client } = platform;
    let ports: string[] = [];
    let isThere = false;
    for (let step = 0; step < STEPS; step++) {
      const portId = `${id}-p${step}`;
      const chosen = random.integer(0, 9);
      if (!isThere) {
        while (!(await unlessAborted(() => client.createVpc({ vpc: { id } })))) await delay(50);
        await client.createSubnet({ subnet: { id: `${id}-s`, vpcId: id, cidr: '10.0.0.0/16' } });
        isThere = true;
      } else if (chosen < 4) {
        await client.createPort({ port: { id: portId, vpcId: id }, hostId: random.pick(hosts) });
        ports.push(portId);
      } else if (chosen < 6 && ports.length > 0) {
        await client.migratePort({ portId: random.pick(ports), hostId: random.pick(hosts) });
      } else if (chosen < 8 && ports.length > 0) {
        const gone = random.pick(ports);
        await client.deletePort({ id: gone });
        ports = ports.filter((each) => each !== gone);
      } else if (chosen === 8 && random.integer(0, 2) === 0) {
        for (const gone of ports) await client.deletePort({ id: gone });
        ports = [];
        await client.deleteVpc({ id });
        isThere = false;
        deleted++;
      }
      const lane = isThere ? await laneOf(id) : undefined;
      if (lane?.block !== undefined) shared.add(id);
      // Only a VPC that had a block is given another lane here.
      else if ((lane?.base ?? 0) > 0) grown.add(id);
    }
  }

  it('leave every host with exactly what it should hold, and no slot to two of them', async () => {
    await forEachOf(VPCS, VPCS, (n) => live(`vpc${n}.`));
    await platform.settled(60_000);
    expect(strays).to.deep.equal([]);
    // The run means something.
    expect([shared.size, grown.size, deleted].map((count) => count > 0)).to.deep.equal([true, true, true]);
    const ids = Array.from({ length: VPCS }, (_, n) => `vpc${n}.`);
    await eventually(async () => {
      const lanes = await Promise.all(ids.map(laneOf));
      const former = lanes.filter((lane) => lane?.former !== undefined);
      expect(former, 'every move is over').to.deep.equal([]);
      const blocks = lanes.filter((lane) => lane?.block !== undefined).length;
      expect(await platform.store.counters(scopes.region, ['blocks/main'])).to.deep.equal([blocks]);
    }, 90_000);
    expect(await inconsistencies(platform.store)).to.deep.equal([]);
  });
});
