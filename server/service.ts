import type { ControlHandlers } from '../adapters/grpc/methods.ts';
import type { ServerDeps } from './deps.ts';
import { getHost } from './rpc/host/get-host.ts';
import { listHosts } from './rpc/host/list-hosts.ts';
import { registerHost } from './rpc/host/register-host.ts';
import { bindPort } from './rpc/port/bind-port.ts';
import { bindPorts } from './rpc/port/bind-ports.ts';
import { createPort } from './rpc/port/create-port.ts';
import { createPorts } from './rpc/port/create-ports.ts';
import { deletePort } from './rpc/port/delete-port.ts';
import { deletePorts } from './rpc/port/delete-ports.ts';
import { getPort } from './rpc/port/get-port.ts';
import { listPorts } from './rpc/port/list-ports.ts';
import { migratePort } from './rpc/port/migrate-port.ts';
import { unbindPort } from './rpc/port/unbind-port.ts';
import { unbindPorts } from './rpc/port/unbind-ports.ts';
import { updatePort } from './rpc/port/update-port.ts';
import { createPublicResource } from './rpc/public/create-public-resource.ts';
import { deletePublicResource } from './rpc/public/delete-public-resource.ts';
import { getPublicResource } from './rpc/public/get-public-resource.ts';
import { listPublicResources } from './rpc/public/list-public-resources.ts';
import { updatePublicResource } from './rpc/public/update-public-resource.ts';
import { publish } from './rpc/publish/publish.ts';
import { createRouteTable } from './rpc/route-table/create-route-table.ts';
import { deleteRouteTable } from './rpc/route-table/delete-route-table.ts';
import { getRouteTable } from './rpc/route-table/get-route-table.ts';
import { listRouteTables } from './rpc/route-table/list-route-tables.ts';
import { updateRouteTable } from './rpc/route-table/update-route-table.ts';
import { addSecurityGroupRules } from './rpc/security-group/add-security-group-rules.ts';
import { createSecurityGroup } from './rpc/security-group/create-security-group.ts';
import { deleteSecurityGroup } from './rpc/security-group/delete-security-group.ts';
import { getSecurityGroup } from './rpc/security-group/get-security-group.ts';
import { listSecurityGroups } from './rpc/security-group/list-security-groups.ts';
import { removeSecurityGroupRules } from './rpc/security-group/remove-security-group-rules.ts';
import { updateSecurityGroup } from './rpc/security-group/update-security-group.ts';
import { getVpcStatus } from './rpc/status/get-vpc-status.ts';
import { watchRevision } from './rpc/status/watch-revision.ts';
import { createSubnet } from './rpc/subnet/create-subnet.ts';
import { deleteSubnet } from './rpc/subnet/delete-subnet.ts';
import { getSubnet } from './rpc/subnet/get-subnet.ts';
import { listSubnets } from './rpc/subnet/list-subnets.ts';
import { updateSubnet } from './rpc/subnet/update-subnet.ts';
import { createVpc } from './rpc/vpc/create-vpc.ts';
import { deleteVpc } from './rpc/vpc/delete-vpc.ts';
import { getVpc } from './rpc/vpc/get-vpc.ts';
import { listVpcs } from './rpc/vpc/list-vpcs.ts';
import { moveVpc } from './rpc/vpc/move-vpc.ts';
import { updateVpc } from './rpc/vpc/update-vpc.ts';

/** One function for each rpc of the contract, each in the file that is named for it. */
export function controlHandlers(deps: ServerDeps): ControlHandlers {
  return {
    createVpc: (request) => createVpc(deps, request),
    getVpc: (request) => getVpc(deps, request),
    listVpcs: (request) => listVpcs(deps, request),
    updateVpc: (request) => updateVpc(deps, request),
    deleteVpc: (request) => deleteVpc(deps, request),
    moveVpc: (request) => moveVpc(deps, request),
    createSubnet: (request) => createSubnet(deps, request),
    getSubnet: (request) => getSubnet(deps, request),
    listSubnets: (request) => listSubnets(deps, request),
    updateSubnet: (request) => updateSubnet(deps, request),
    deleteSubnet: (request) => deleteSubnet(deps, request),
    createSecurityGroup: (request) => createSecurityGroup(deps, request),
    getSecurityGroup: (request) => getSecurityGroup(deps, request),
    listSecurityGroups: (request) => listSecurityGroups(deps, request),
    updateSecurityGroup: (request) => updateSecurityGroup(deps, request),
    addSecurityGroupRules: (request) => addSecurityGroupRules(deps, request),
    removeSecurityGroupRules: (request) => removeSecurityGroupRules(deps, request),
    deleteSecurityGroup: (request) => deleteSecurityGroup(deps, request),
    createRouteTable: (request) => createRouteTable(deps, request),
    getRouteTable: (request) => getRouteTable(deps, request),
    listRouteTables: (request) => listRouteTables(deps, request),
    updateRouteTable: (request) => updateRouteTable(deps, request),
    deleteRouteTable: (request) => deleteRouteTable(deps, request),
    getVpcStatus: (request) => getVpcStatus(deps, request),
    watchRevision: (request, call) => watchRevision(deps, request, call),
    createPort: (request) => createPort(deps, request),
    createPorts: (request) => createPorts(deps, request),
    getPort: (request) => getPort(deps, request),
    listPorts: (request) => listPorts(deps, request),
    updatePort: (request) => updatePort(deps, request),
    deletePort: (request) => deletePort(deps, request),
    deletePorts: (request) => deletePorts(deps, request),
    bindPort: (request) => bindPort(deps, request),
    bindPorts: (request) => bindPorts(deps, request),
    unbindPort: (request) => unbindPort(deps, request),
    unbindPorts: (request) => unbindPorts(deps, request),
    migratePort: (request) => migratePort(deps, request),
    registerHost: (request) => registerHost(deps, request),
    getHost: (request) => getHost(deps, request),
    listHosts: (request) => listHosts(deps, request),
    createPublicResource: (request) => createPublicResource(deps, request),
    getPublicResource: (request) => getPublicResource(deps, request),
    listPublicResources: (request) => listPublicResources(deps, request),
    updatePublicResource: (request) => updatePublicResource(deps, request),
    deletePublicResource: (request) => deletePublicResource(deps, request),
    publish: (request) => publish(deps, request),
  };
}
