import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { inconsistencies } from '../support/consistency.ts';
import { heapInUse } from '../support/fuzz/memory.ts';
import { fuzzSeed } from '../support/fuzz/random.ts';
import { Storm } from '../support/fuzz/storm.ts';
import { startFuzzWorld } from '../support/fuzz/world.ts';
import type { FuzzWorld } from '../support/fuzz/world.ts';
import { seeded } from '../support/random.ts';

const COUNT = Number(process.env['VPCAST_FUZZ_MESSAGES'] ?? 100_000);
const HOSTS = ['host-a', 'host-b', 'host-c', 'host-d'];
const COMPACT_ABOVE = 64 * 1024;
/** Between the middle and the end, MB: far below what would be kept if one message in ten left a kilobyte. */
const GROWTH = 5;

describe(`${COUNT} messages that nobody can use`, function () {
  this.timeout(300_000);
  const seed = fuzzSeed();
  let directory: string;
  let world: FuzzWorld;
  let storm: Storm;

  before(async () => {
    console.log(`    seed ${seed} (VPCAST_FUZZ_SEED)`);
    directory = await mkdtemp(join(tmpdir(), 'vpcast-fuzz-'));
    world = await startFuzzWorld({
      ...{ backend: 'embedded', hosts: HOSTS, directory, compactAboveBytes: COMPACT_ABOVE },
    });
    storm = new Storm(world, seeded(seed));
    await storm.prepare();
  });
  after(async () => {
    await world.stop();
    await rm(directory, { recursive: true });
  });

  it('are counted, each once, and leave nothing behind; what comes between them arrives', async () => {
    await storm.rage(COUNT / 2, 250);
    await world.settled(30_000);
    const middle = heapInUse();
    await storm.rage(COUNT / 2, 250);
    await world.settled(30_000);
    const end = heapInUse();
    await storm.checkCounts();
    console.log(`    heap ${middle.toFixed(1)} MB in the middle, ${end.toFixed(1)} MB at the end`);
    expect(end - middle, `MB more than the ${middle} in the middle`).to.be.below(GROWTH);
  });

  it('stop nothing that follows', async () => {
    const { client, agents } = world;
    await client.createPort({ port: { id: 'late', vpcId: 'fuzz' }, hostId: 'host-a' });
    await world.settled(10_000);
    for (const agent of agents.running.values()) expect(agent.view('fuzz')?.has('port/late')).to.equal(true);
    const asking = [...agents.running.values()].flatMap((agent) =>
      agent.scopes().filter((each) => each.needsSnapshot),
    );
    expect(asking).to.deep.equal([]);
    expect(await inconsistencies(world.store)).to.deep.equal([]);
    expect(world.server.reports.failed).to.equal(0);
  });

  it('do not make the journals grow', async () => {
    for (const host of HOSTS) {
      for (const file of await readdir(join(directory, host))) {
        const { size } = await stat(join(directory, host, file));
        expect(size, `${host}/${file}`).to.be.below(4 * COMPACT_ABOVE);
      }
    }
  });
});
