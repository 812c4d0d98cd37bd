import type { ControlClient } from '../../../adapters/grpc/methods.ts';

/** What the table of bad requests is about; every id in it is from here, or `nope`. */
export async function makeWorld(client: ControlClient): Promise<void> {
  for (const [n, id] of ['host-a', 'host-b'].entries()) {
    await client.registerHost({ host: { id, name: id, vtepIp: `192.0.2.${n + 1}` } });
  }
  const cidrs = ['10.0.0.0/8', 'fd00::/48'];
  await client.createVpc({ vpc: { id: 'web', vni: 4_242, cidrs } });
  await client.createSubnet({ subnet: { id: 'web-a', vpcId: 'web', cidr: '10.1.0.0/24' } });
  // One address, and it is taken.
  await client.createSubnet({ subnet: { id: 'web-b', vpcId: 'web', cidr: '10.2.0.0/30' } });
  // Only the route table holds on to it.
  await client.createSubnet({ subnet: { id: 'web-c', vpcId: 'web', cidr: '10.3.0.0/24' } });
  const rules = [{ id: 'web-rule', direction: 'DIRECTION_INGRESS' as const }];
  await client.createSecurityGroup({ securityGroup: { id: 'web-sg', vpcId: 'web', rules } });
  await client.createSecurityGroup({ securityGroup: { id: 'web-named', vpcId: 'web' } });
  await client.createSecurityGroup({
    securityGroup: {
      id: 'web-naming',
      vpcId: 'web',
      rules: [{ direction: 'DIRECTION_EGRESS', remoteGroupId: 'web-named' }],
    },
  });
  const routes = [{ destination: '0.0.0.0/0', nextHop: '10.3.0.1' }];
  await client.createRouteTable({
    routeTable: { id: 'web-rt', vpcId: 'web', subnetIds: ['web-c'], routes },
  });
  await client.createPort({
    port: {
      ...{ id: 'web-p1', vpcId: 'web', macAddress: '02:00:00:00:00:01', securityGroupIds: ['web-sg'] },
      fixedIps: [{ ipAddress: '10.1.0.10' }],
    },
    hostId: 'host-a',
  });
  await client.createPort({
    requestId: 'web-request',
    port: { id: 'web-p2', vpcId: 'web', fixedIps: [{ ipAddress: '10.1.0.11' }] },
  });
  await client.createPort({
    port: { id: 'web-p3', vpcId: 'web', fixedIps: [{ subnetId: 'web-b', ipAddress: '10.2.0.2' }] },
  });
  await client.createPort({ port: { id: 'gone-p', vpcId: 'web' } });
  await client.deletePort({ id: 'gone-p' });

  await client.createVpc({ vpc: { id: 'db' } });
  await client.createSubnet({ subnet: { id: 'db-a', vpcId: 'db', cidr: '10.9.0.0/24' } });
  await client.createSecurityGroup({ securityGroup: { id: 'db-sg', vpcId: 'db' } });
  await client.createRouteTable({ routeTable: { id: 'db-rt', vpcId: 'db' } });
  await client.createPort({ port: { id: 'db-p1', vpcId: 'db' } });

  await client.createVpc({ vpc: { id: 'gone' } });
  await client.deleteVpc({ id: 'gone' });

  await client.createPublicResource({
    requestId: 'lb-request',
    resource: { id: 'lb', kind: 'elb', data: Buffer.from('{}') },
  });
}
