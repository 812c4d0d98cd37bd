import { openFileJournal } from '../../agent/journal/file-journal.ts';
import type { Effect } from '../../agent/state.ts';
import { silentLogger } from '../../core/logger.ts';
import { keys, scopes } from '../../core/model/keys.ts';
import type { Assignment } from '../../core/model/resources.ts';
import type { Entry } from '../../core/model/view.ts';
import type { Scope } from '../../core/store/port.ts';

const hostId = 'host-1';
const cluster = 'main';
const OWN_PORTS = 4;
const NEIGHBORS = 200;

/** The state of a host that takes part in so many VPCs, on a broker that nobody runs. */
export async function writeState(directory: string, vpcs: number): Promise<void> {
  const ids = Array.from({ length: vpcs }, (_, n) => `vpc-${n}`);
  const { journal } = await openFileJournal({ directory, logger: silentLogger }, () => []);
  await journal.append([
    {
      kind: 'registration',
      registration: {
        lane: { cluster, topic: 'persistent://vpcast/hosts/hosts', partition: 0, slot: 1, epoch: 1 },
        clusters: [{ name: cluster, serviceUrl: 'pulsar://127.0.0.1:1' }],
        statusTopic: 'persistent://vpcast/status/status',
        statusPartitions: 1,
        publicLanes: [],
      },
    },
    held(scopes.host(hostId), ids.map(assignmentEntry)),
    ...ids.map((id) => held(scopes.vpc(id), portsOf(id))),
  ]);
  await journal.close();
}

function held(scope: Scope, set: readonly Entry[]): Effect {
  const position = { scope, epoch: 1, incarnation: 1, revision: 1 };
  return { kind: 'scope', ...position, set, removed: [], failures: [], complete: true };
}

function assignmentEntry(vpcId: string): Entry {
  const lane = { cluster, topic: `persistent://vpcast/vpcs/${vpcId}`, partitions: 1 };
  const assignment: Assignment = { vpcId, hostId, partition: 0, slot: 7, epoch: 1, lane, state: 'member' };
  return { key: keys.assignment(vpcId, 1), revision: 1, body: JSON.stringify(assignment) };
}

function portsOf(vpcId: string): Entry[] {
  return Array.from({ length: OWN_PORTS + NEIGHBORS }, (_, n) => {
    const id = `${vpcId}-port-${n}`;
    const shared = { id, macAddress: '02:00:00:00:00:01', securityGroupIds: ['group'] };
    const body =
      n < OWN_PORTS
        ? { ...shared, vpcId, fixedIps: [{ subnetId: 'subnet', ipAddress: `10.0.0.${n}` }] }
        : {
            kind: 'neighbor',
            ...shared,
            ipAddresses: [`10.0.0.${n}`],
            hostId: 'host-2',
            vtepIp: '192.0.2.2',
          };
    return { key: keys.port(id), revision: 1, body: JSON.stringify(body) };
  });
}
