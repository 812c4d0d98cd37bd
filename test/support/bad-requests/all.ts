import type { BadRequest } from './bad-request.ts';
import { bindingRequests } from './binding.ts';
import { hostRequests } from './host.ts';
import { listRequests, pagingRequests } from './paging.ts';
import { portRequests } from './port.ts';
import { publicRequests, publishRequests } from './public.ts';
import { routeTableRequests } from './route-table.ts';
import { securityGroupRequests } from './security-group.ts';
import { subnetRequests } from './subnet.ts';
import { vpcRequests } from './vpc.ts';

export const badRequests: readonly BadRequest[] = [
  ...vpcRequests,
  ...subnetRequests,
  ...securityGroupRequests,
  ...routeTableRequests,
  ...portRequests,
  ...bindingRequests,
  ...hostRequests,
  ...publicRequests,
  ...publishRequests,
  ...listRequests,
  ...pagingRequests,
];
