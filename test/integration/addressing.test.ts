import { expect } from 'chai';
import type { RecordKey } from '../../core/store/port.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { until } from '../../local/until.ts';
import { realServices } from '../support/real-services.ts';

describe('who receives what', function () {
  this.timeout(60_000);
  const hosts = Array.from({ length: 6 }, (_, n) => `host-${n}`);
  let platform: Platform;

  before(async () => {
    platform = await startPlatform({ hosts, infraNodes: 2, backend: realServices() });
  });
  after(() => platform.stop());

  const configOf = (host: string, name: string): string | undefined =>
    platform.agents.get(host)?.hostEntries().get(`config/${name}`)?.body;

  const holders = (vpcId: string, key: RecordKey): string[] =>
    hosts.filter((host) => platform.agents.get(host)?.view(vpcId)?.has(key) === true);

  it('a message for one host is received by that host and no other', async () => {
    await platform.client.publish({ hostId: 'host-2', name: 'ntp', data: Buffer.from('10.0.0.1') });
    await until(() => configOf('host-2', 'ntp') !== undefined, 15_000);
    // A later message to every host proves that nothing is still under way to the others.
    for (const hostId of hosts)
      await platform.client.publish({ hostId, name: 'later', data: Buffer.from('x') });
    await until(() => hosts.every((host) => configOf(host, 'later') !== undefined), 15_000);
    expect(hosts.filter((host) => configOf(host, 'ntp') !== undefined)).to.deep.equal(['host-2']);
    for (const agent of platform.agents.values()) expect(agent.counters.foreign).to.equal(0);
  });

  it('a multicast is received by every host of the VPC and by no host outside it', async () => {
    const { client } = platform;
    const vpc = await client.createVpc({ vpc: { name: 'multicast' } });
    const inside = ['host-0', 'host-3', 'host-5'];
    for (const hostId of inside) {
      const port = await client.createPort({ port: { vpcId: vpc.id } });
      await client.bindPort({ portId: port.id, hostId });
    }
    await platform.settled();
    const received = new Set<string>();
    const stop = platform.onApplied((host, scope) => {
      if (scope === `vpc/${vpc.id}`) received.add(host);
    });
    await client.createSubnet({ subnet: { id: 'sn-multicast', vpcId: vpc.id, cidr: '10.9.0.0/16' } });
    await platform.settled();
    stop();
    expect([...received].sort()).to.deep.equal(inside);
    expect(holders(vpc.id, 'subnet/sn-multicast')).to.deep.equal(inside);
  });

  it('a security group is received by the hosts with members of it, or of one that names it, and by no other', async () => {
    const { client } = platform;
    const vpc = await client.createVpc({ vpc: { name: 'groups' } });
    await client.createSecurityGroup({ securityGroup: { id: 'sg-named', vpcId: vpc.id } });
    await client.createSecurityGroup({ securityGroup: { id: 'sg-naming', vpcId: vpc.id } });
    const bind = async (hostId: string, ...securityGroupIds: string[]): Promise<void> => {
      const port = await client.createPort({ port: { vpcId: vpc.id, securityGroupIds } });
      await client.bindPort({ portId: port.id, hostId });
    };
    await bind('host-0', 'sg-named');
    await bind('host-3', 'sg-naming');
    await bind('host-5');
    await platform.settled();
    expect(holders(vpc.id, 'security-group/sg-named')).to.deep.equal(['host-0']);
    expect(holders(vpc.id, 'security-group/sg-naming')).to.deep.equal(['host-3']);
    const rule = {
      direction: 'DIRECTION_INGRESS',
      etherType: 'ETHER_TYPE_IPV4',
      remoteGroupId: 'sg-named',
    } as const;
    await client.addSecurityGroupRules({ securityGroupId: 'sg-naming', rules: [rule] });
    await platform.settled();
    expect(holders(vpc.id, 'security-group/sg-named')).to.deep.equal(['host-0', 'host-3']);
    expect(holders(vpc.id, 'security-group/sg-naming')).to.deep.equal(['host-3']);
  });

  it('an update of a public resource goes to one member of the group that serves its kind', async () => {
    const serving = await startPlatform({
      hosts: ['lb-0', 'lb-1', 'plain'],
      infraNodes: 1,
      backend: realServices(),
      serves: (host) => (host.startsWith('lb') ? ['elb'] : []),
    });
    try {
      const handled: string[] = [];
      serving.onApplied((host, scope) => {
        if (scope.startsWith('public/')) handled.push(`${host} ${scope}`);
      });
      const ids = Array.from({ length: 20 }, (_, n) => `elb-${n}`);
      for (const id of ids) {
        await serving.client.createPublicResource({ resource: { id, kind: 'elb', data: Buffer.from(id) } });
      }
      await until(async () => {
        const { resources } = await serving.client.listPublicResources({ kind: 'elb' });
        return resources.length === ids.length && resources.every((r) => r.appliedRevision === r.revision);
      }, 20_000);
      expect(handled).to.have.length(ids.length);
      expect(handled.every((line) => line.startsWith('lb-'))).to.equal(true);
    } finally {
      await serving.stop();
    }
  });
});
