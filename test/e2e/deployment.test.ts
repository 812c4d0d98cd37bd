import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { identify } from '../../scripts/process.ts';
import { startDeployment } from '../../scripts/stack/deployment.ts';
import { realServices } from '../support/real-services.ts';

describe('a deployment that cannot come up', function () {
  this.timeout(60_000);
  let dir: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vpcast-broken-'));
  });
  after(() => rm(dir, { recursive: true }));

  it('says why, and leaves nothing running', async () => {
    const starting = startDeployment({
      ...{ dir, services: realServices(), hosts: ['host-a'], infraNodes: 2 },
      name: `broken-${randomUUID().slice(0, 8)}`,
      lifetime: 'detached',
      // Only agents read it.
      env: { VPCAST_HEARTBEAT: 'never' },
    });
    const outcome = await starting.catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(Error);
    expect(String(outcome)).to.contain('VPCAST_HEARTBEAT must be a duration');
    for (const name of ['server', 'infra-node-0', 'infra-node-1']) {
      const log = await readFile(join(dir, `${name}.log`), 'utf8');
      const [, pid] = /"pid":(\d+)/.exec(log) ?? [];
      expect(Number(pid), `${name} was started`).to.be.greaterThan(0);
      expect(identify(Number(pid)), name).to.equal(undefined);
    }
  });
});
