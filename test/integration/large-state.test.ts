import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { differences } from '../../local/compare.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { forEachOf } from '../../local/pool.ts';
import { realServices } from '../support/real-services.ts';

const FRAME_BYTES = 5 * 1024 * 1024;

describe('state beyond one frame', function () {
  this.timeout(120_000);
  let platform: Platform;

  before(async () => {
    platform = await startPlatform({ hosts: ['first', 'second'], infraNodes: 1, backend: realServices() });
  });
  after(() => platform.stop());

  it('reaches a host that joins, and a host that is a member, whole', async () => {
    const { client } = platform;
    const vpc = await client.createVpc({ vpc: { name: 'large' } });
    await client.createSubnet({ subnet: { vpcId: vpc.id, cidr: '10.0.0.0/8' } });
    const ports = await Promise.all(
      ['first', 'second'].map(() => client.createPort({ port: { vpcId: vpc.id } })),
    );
    await client.bindPort({ portId: ports[0]?.id ?? '', hostId: 'first' });
    await platform.settled();
    // Many resources, and some that are large: about 9 MB in all.
    await forEachOf(4, 4, async (batch) => {
      await client.createPorts({
        requests: Array.from({ length: 500 }, (_, n) => ({
          port: { vpcId: vpc.id, name: `port-${batch}-${n}`, labels: { note: 'x'.repeat(500) } },
          hostId: 'first',
        })),
      });
    });
    for (let n = 0; n < 8; n++) {
      await client.publish({ vpcId: vpc.id, name: `blob-${n}`, data: randomBytes(700_000) });
    }
    await client.bindPort({ portId: ports[1]?.id ?? '', hostId: 'second' });
    await platform.settled(60_000);

    expect(await differences(platform.store, platform.agents)).to.deep.equal([]);
    for (const host of ['first', 'second']) {
      const entries = [...(platform.agents.get(host)?.view(vpc.id)?.values() ?? [])];
      const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.body ?? ''), 0);
      expect(bytes, host).to.be.greaterThan(FRAME_BYTES);
    }
  });
});
