import type { RequestInput } from '../../../adapters/grpc/methods.ts';
import { decodeRecord } from '../../../core/codec/records.ts';
import { encodeReportBody } from '../../../core/codec/report-body.ts';
import type { Failure } from '../../../core/codec/report.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { HostUse } from '../../../core/model/keys.ts';
import type { Member, Port } from '../../../core/model/resources.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import { registerHost } from '../../../server/rpc/host/register-host.ts';
import { bindPort } from '../../../server/rpc/port/bind-port.ts';
import { createPort } from '../../../server/rpc/port/create-port.ts';
import { createPorts } from '../../../server/rpc/port/create-ports.ts';
import { getPort } from '../../../server/rpc/port/get-port.ts';
import { createSubnet } from '../../../server/rpc/subnet/create-subnet.ts';
import { controlPlane, makeVpc, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

/** A control plane with the VPC `v1` and its subnet `s1`, 10.0.0.0/24. */
export async function planeWithVpc(cidr = '10.0.0.0/24'): Promise<ControlPlane> {
  const plane = await controlPlane({ hostsPerPartition: 3 });
  await makeVpc(plane);
  await makeSubnet(plane, 's1', cidr);
  return plane;
}

export async function makeSubnet(plane: ControlPlane, id: string, cidr: string, vpcId = 'v1'): Promise<void> {
  await createSubnet(plane.deps, request('CreateSubnet', { subnet: { id, vpcId, cidr } }));
}

export async function makeHosts(plane: ControlPlane, ...ids: string[]): Promise<void> {
  for (const [i, id] of ids.entries()) {
    const host = { id, vtepIp: `192.0.2.${i + 1}` };
    await registerHost(plane.deps, request('RegisterHost', { host }));
  }
}

type PortFields = NonNullable<RequestInput<'CreatePort'>['port']>;

export function makePort(
  { deps }: ControlPlane,
  port: PortFields = {},
  rest: Omit<RequestInput<'CreatePort'>, 'port'> = {},
): Promise<PortInput> {
  return createPort(deps, request('CreatePort', { port: { vpcId: 'v1', ...port }, ...rest }));
}

export async function makePorts({ deps }: ControlPlane, ...ports: PortFields[]): Promise<PortInput[]> {
  const requests = ports.map((port) => ({ port: { vpcId: 'v1', ...port } }));
  return (await createPorts(deps, request('CreatePorts', { requests }))).ports ?? [];
}

export function bindTo(
  { deps }: ControlPlane,
  portId: string,
  hostId: string,
  rest: RequestInput<'BindPort'> = {},
): Promise<PortInput> {
  return bindPort(deps, request('BindPort', { portId, hostId, ...rest }));
}

export function portById({ deps }: ControlPlane, id: string): Promise<PortInput> {
  return getPort(deps, request('GetPort', { id }));
}

export async function storedPort(
  { store }: ControlPlane,
  id: string,
  vpcId = 'v1',
): Promise<Port | undefined> {
  const [record] = await store.read(scopes.vpc(vpcId), [keys.port(id)]);
  return record && decodeRecord<Port>(record)?.value;
}

export async function memberOf(
  { store }: ControlPlane,
  host: string,
  vpcId = 'v1',
): Promise<Member | undefined> {
  const [record] = await store.read(scopes.vpc(vpcId), [keys.member(host)]);
  return record && decodeRecord<Member>(record)?.value;
}

export async function useOf(
  { store }: ControlPlane,
  host: string,
  vpcId = 'v1',
): Promise<HostUse | undefined> {
  const [record] = await store.read(scopes.vpc(vpcId), [keys.use(host)]);
  return record && decodeRecord<HostUse>(record)?.value;
}

export async function revisionOf({ store }: ControlPlane, vpcId = 'v1'): Promise<number> {
  return (await store.status(scopes.vpc(vpcId))).revision;
}

/** The host says that it has everything up to the revision; default: all there is, at its present epoch. */
export async function report(
  plane: ControlPlane,
  host: string,
  said: { revision?: number; epoch?: number; failures?: Failure[] } = {},
): Promise<void> {
  const member = await memberOf(plane, host);
  await plane.store.putReport(scopes.vpc('v1'), {
    reporter: host,
    incarnation: 1,
    epoch: said.epoch ?? member?.epoch ?? 0,
    revision: said.revision ?? (await revisionOf(plane)),
    body: encodeReportBody({ failures: said.failures ?? [] }),
  });
}
