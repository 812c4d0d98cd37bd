import type { HostInput } from '../../../proto/gen/vpcast/v1/Host.ts';
import { absent, badLabels, exists, invalid, longId, longName, refused } from './bad-request.ts';
import type { BadRequest, Refusal } from './bad-request.ts';

const register = (what: string, host: HostInput, refusal: Refusal): BadRequest =>
  refused('registerHost', what, { host: { id: 'host-c', vtepIp: '192.0.2.3', ...host } }, refusal);

export const hostRequests: readonly BadRequest[] = [
  refused('registerHost', 'no host', {}, invalid('host')),
  register('no id', { id: '' }, invalid('host.id')),
  register('a bad id', { id: 'host c' }, invalid('host.id')),
  register('a long id', { id: longId }, invalid('host.id')),
  register('a long name', { name: longName }, invalid('host.name')),
  register('no tunnel endpoint', { vtepIp: '' }, invalid('host.vtep_ip')),
  register('a bad tunnel endpoint', { vtepIp: '192.0.2' }, invalid('host.vtep_ip')),
  register('a range as tunnel endpoint', { vtepIp: '192.0.2.3/32' }, invalid('host.vtep_ip')),
  register(
    "another host's tunnel endpoint",
    { vtepIp: '192.0.2.1' },
    exists('vtep', '192.0.2.1', 'host.vtep_ip'),
  ),
  register(
    "another host's tunnel endpoint for a known host",
    { id: 'host-a', vtepIp: '192.0.2.2' },
    exists('vtep', '192.0.2.2', 'host.vtep_ip'),
  ),
  register('a bad MAC address', { macAddress: 'mac' }, invalid('host.mac_address')),
  register('a multicast MAC address', { macAddress: '33:33:00:00:00:01' }, invalid('host.mac_address')),
  register('a long zone', { zone: longName }, invalid('host.zone')),
  register('a bad kind', { serves: ['elb', 'NAT'] }, invalid('host.serves[1]')),
  register('a long version', { agentVersion: longName }, invalid('host.agent_version')),
  ...badLabels.map(([what, labels, path]) => register(what, { labels }, invalid(`host.labels${path}`))),
  refused(
    'registerHost',
    'a bad cluster',
    { host: { id: 'host-c', vtepIp: '192.0.2.3' }, cluster: 'a b' },
    invalid('cluster'),
  ),
  refused(
    'registerHost',
    'an unknown cluster',
    { host: { id: 'host-c', vtepIp: '192.0.2.3' }, cluster: 'nope' },
    absent('cluster', 'nope'),
    ['claim:vtep/192.0.2.3'],
  ),
  refused('getHost', 'no id', {}, invalid('id')),
  refused('getHost', 'an unknown id', { id: 'nope' }, absent('host', 'nope')),
];
