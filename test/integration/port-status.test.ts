import { expect } from 'chai';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { realServices } from '../support/real-services.ts';

describe('when a port is ACTIVE', function () {
  this.timeout(60_000);
  let platform: Platform;

  before(async () => {
    platform = await startPlatform({
      hosts: ['owner', 'other', 'late'],
      infraNodes: 1,
      backend: realServices(),
    });
  });
  after(() => platform.stop());

  it('only after its owner host reported it applied, and the progress stream says so', async () => {
    const { client } = platform;
    const vpc = await client.createVpc({ vpc: { name: 'status' } });
    const port = await client.createPort({ port: { vpcId: vpc.id } });
    expect(port.status).to.equal('APPLY_STATUS_DOWN');

    // The owner's agent is away: whatever the broker took, nobody has applied it.
    await platform.stopAgent('late');
    const bound = await client.bindPort({ portId: port.id, hostId: 'late' });
    expect(bound.status).to.equal('APPLY_STATUS_DOWN');
    await until(async () => {
      const status = await client.getVpcStatus({ id: vpc.id });
      return status.dispatchedRevision >= bound.revision;
    }, 15_000);
    expect((await client.getPort({ id: port.id })).status, 'sent, not applied').to.equal('APPLY_STATUS_DOWN');

    const seen: { active: boolean; done: boolean; applied: number }[] = [];
    const request = { vpcId: vpc.id, revision: bound.revision, portIds: [port.id] };
    let restarted: Promise<void> | undefined;
    for await (const step of client.watchRevision(request, { deadlineMs: 30_000 })) {
      seen.push({
        active: step.ports[0]?.status === 'APPLY_STATUS_ACTIVE',
        done: step.done,
        applied: step.hostsApplied,
      });
      restarted ??= platform.startAgent('late');
      if (step.done) break;
    }
    await restarted;
    expect(seen[0]).to.deep.equal({ active: false, done: false, applied: 0 });
    expect(seen.at(-1)).to.deep.equal({ active: true, done: true, applied: 1 });
    expect((await client.getPort({ id: port.id })).status).to.equal('APPLY_STATUS_ACTIVE');
  });

  it('not on the word of the host that it left', async () => {
    const { client } = platform;
    const vpc = await client.createVpc({ vpc: { name: 'migrates' } });
    const port = await client.createPort({ port: { vpcId: vpc.id }, hostId: 'owner' });
    await until(async () => (await client.getPort({ id: port.id })).status === 'APPLY_STATUS_ACTIVE', 15_000);
    await platform.stopAgent('other');
    await client.migratePort({ portId: port.id, hostId: 'other' });
    await until(() => platform.agents.get('owner')?.vpcs().includes(vpc.id) === false, 15_000);
    expect((await client.getPort({ id: port.id })).status).to.equal('APPLY_STATUS_DOWN');
    await platform.startAgent('other');
    await until(async () => (await client.getPort({ id: port.id })).status === 'APPLY_STATUS_ACTIVE', 15_000);
  });
});
