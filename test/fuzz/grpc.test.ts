import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { loadControl } from '../../adapters/grpc/loader.ts';
import { controlServiceName } from '../../adapters/grpc/server.ts';
import { inconsistencies } from '../support/consistency.ts';
import { RawGrpc, badBody } from '../support/fuzz/grpc.ts';
import { heapInUse } from '../support/fuzz/memory.ts';
import { fuzzSeed } from '../support/fuzz/random.ts';
import { startFuzzWorld } from '../support/fuzz/world.ts';
import type { FuzzWorld } from '../support/fuzz/world.ts';
import { seeded } from '../support/random.ts';

const ROUNDS = Number(process.env['VPCAST_FUZZ_BODIES'] ?? 200);
const GROWTH = 10;

/** Well formed, and refused by every rpc that needs more than ids. */
const sample = Buffer.concat([
  Buffer.from([0x0a, 2, ...Buffer.from('id')]),
  Buffer.from([0x12, 4, 0x0a, 2, ...Buffer.from('v1')]),
  Buffer.from([0x1a, 2, ...Buffer.from('xx'), 0x20, 7]),
]);

describe('gRPC bodies that no client sends', function () {
  this.timeout(300_000);
  const seed = fuzzSeed();
  const { service } = loadControl().vpcast.v1.ControlService;
  const methods = Object.keys(service);
  let directory: string;
  let world: FuzzWorld;
  let raw: RawGrpc;

  before(async () => {
    console.log(`    seed ${seed} (VPCAST_FUZZ_SEED)`);
    directory = await mkdtemp(join(tmpdir(), 'vpcast-fuzz-'));
    world = await startFuzzWorld({
      ...{ backend: 'embedded', hosts: ['host-a'], directory, compactAboveBytes: 64 * 1024 },
    });
    raw = new RawGrpc(world.address, controlServiceName);
  });
  after(async () => {
    await raw.close();
    await world.stop();
    await rm(directory, { recursive: true });
  });

  /** Each rpc gets as many bodies; all rpcs at once, as many callers would. */
  async function rage(rounds: number, from: number): Promise<Map<number, number>> {
    const answers = new Map<number, number>();
    await Promise.all(
      methods.map(async (method, m) => {
        const random = seeded(seed + from + m);
        for (let n = 0; n < rounds; n++) {
          const { body, isProtobuf } = badBody(random, sample);
          if (!raw.isOpen) raw = new RawGrpc(world.address, controlServiceName);
          const answer = await raw.call(method, body);
          const code = answer.status ?? -1;
          answers.set(code, (answers.get(code) ?? 0) + 1);
          const what = `${method} ${body.toString('hex', 0, 60)}: ${code} ${answer.message}`;
          expect(code, what).not.to.equal(status.UNKNOWN);
          if (!isProtobuf) expect(code, what).not.to.equal(status.OK);
        }
      }),
    );
    return answers;
  }

  it('are answered, every one, and no handler fails of them', async () => {
    await rage(ROUNDS / 2, 0);
    const middle = heapInUse();
    const answers = await rage(ROUNDS / 2, 1_000);
    const end = heapInUse();
    console.log(
      `    heap ${middle.toFixed(1)} MB, then ${end.toFixed(1)} MB; ${JSON.stringify([...answers])}`,
    );
    expect(end - middle).to.be.below(GROWTH);
    const failed = world.calls.filter(({ code }) => code === 'internal');
    expect(failed).to.deep.equal([]);
  });

  it('leave the service as it was', async () => {
    const { client } = world;
    await client.createVpc({ vpc: { id: 'afterwards' } });
    await client.createPort({ port: { id: 'p', vpcId: 'afterwards' }, hostId: 'host-a' });
    await world.settled(10_000);
    expect(world.agents.running.get('host-a')?.view('afterwards')?.has('port/p')).to.equal(true);
    expect(await inconsistencies(world.store)).to.deep.equal([]);
  });
});
