import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { inconsistencies } from '../support/consistency.ts';
import { fuzzSeed } from '../support/fuzz/random.ts';
import { Storm } from '../support/fuzz/storm.ts';
import { startFuzzWorld } from '../support/fuzz/world.ts';
import type { FuzzWorld } from '../support/fuzz/world.ts';
import { seeded } from '../support/random.ts';
import { realServices } from '../support/real-services.ts';

const COUNT = 3_000;

/** The same as test/fuzz, where there is more of it, by way of a real broker and its client. */
describe('messages that nobody can use, on real services', function () {
  this.timeout(180_000);
  const seed = fuzzSeed();
  let directory: string;
  let world: FuzzWorld;

  before(async () => {
    console.log(`    seed ${seed} (VPCAST_FUZZ_SEED)`);
    directory = await mkdtemp(join(tmpdir(), 'vpcast-fuzz-'));
    const hosts = ['host-a', 'host-b', 'host-c'];
    world = await startFuzzWorld({
      ...{ backend: realServices(), hosts, directory, compactAboveBytes: 64 * 1024 },
    });
  });
  after(async () => {
    await world.stop();
    await rm(directory, { recursive: true });
  });

  it('are counted, each once, and what comes between them arrives', async () => {
    const storm = new Storm(world, seeded(seed));
    await storm.prepare();
    await storm.rage(COUNT, 150);
    await world.settled(60_000);
    await storm.checkCounts();
    expect(await inconsistencies(world.store)).to.deep.equal([]);
    expect(world.server.reports.failed).to.equal(0);
  });
});
