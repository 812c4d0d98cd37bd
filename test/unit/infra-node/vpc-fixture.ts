/** A VPC with hosts on the memory store, written to as the control service would. */
import { openMemoryStore } from '../../../adapters/memory/store.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Assignment, Binding, Host, Lane, Member, Port } from '../../../core/model/resources.ts';
import { changeUse, freeDrained } from '../../../core/placement/membership.ts';
import { topicNames } from '../../../core/placement/topics.ts';
import type { TopicNames } from '../../../core/placement/topics.ts';
import { silentLogger } from '../../../core/logger.ts';
import type { Report, Scope, Store } from '../../../core/store/port.ts';
import { transact } from '../../../core/store/transaction.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import type { InfraDeps, InfraOptions } from '../../../infra-node/deps.ts';
import { Node } from '../../../infra-node/node.ts';
import type { Demand } from '../../../infra-node/resyncs.ts';
import { RecordingCluster } from './recording-cluster.ts';

export const vpcId = 'v1';
export const vpcScope = scopes.vpc(vpcId);
const partitions = 2;
export const topics = topicNames('vpcast');
/** What a dispatch is asked for besides what the log holds. */
export const nothing: Demand = { resyncs: new Map(), tails: new Map(), resume: false };
export const resume: Demand = { resyncs: new Map(), tails: new Map(), resume: true };
export const resync = (...hosts: [host: string, epoch: number][]): Demand => ({
  ...nothing,
  resyncs: new Map(hosts),
});

export const vpcLane = vpcLaneOf(topics);
export const hostLane = hostLaneOf(topics);

function vpcLaneOf(names: TopicNames): Lane {
  return { cluster: 'east', topic: names.vpc(vpcId), partitions };
}

function hostLaneOf(names: TopicNames): Lane {
  return { cluster: 'east', topic: names.hosts, partitions: 1 };
}

export function port(id: string, hostIds: readonly string[], name = ''): Port {
  return {
    id,
    vpcId,
    projectId: 'p',
    name,
    macAddress: '02:00:00:00:00:01',
    fixedIps: [{ subnetId: 's', ipAddress: '10.0.0.1' }],
    adminStateUp: true,
    deviceId: '',
    deviceOwner: '',
    portSecurityEnabled: true,
    securityGroupIds: ['g'],
    allowedAddressPairs: [],
    bindings: hostIds.map((hostId, i): Binding => ({
      hostId,
      state: i === 0 ? 'active' : 'inactive',
      vtepIp: '192.0.2.1',
      vnicType: 'normal',
      profile: '{}',
      boundAfter: 0,
    })),
    labels: {},
    createdAtMs: 0,
    updatedAtMs: 0,
  };
}

function putGroup(tx: Transaction, id: string, names: readonly string[], name = ''): void {
  const rules = names.map((remoteGroupId) => ({ remoteGroupId }));
  tx.put(keys.securityGroup(id), { id, name, rules });
}

export class VpcFixture {
  readonly store: Store;
  readonly east = new RecordingCluster('east');
  vpcLane: Lane;
  readonly hostLane: Lane;
  nowMs = 1_000_000;

  constructor(store: Store = openMemoryStore(), names: TopicNames = topics) {
    this.store = store;
    this.vpcLane = vpcLaneOf(names);
    this.hostLane = hostLaneOf(names);
  }

  node(
    options: Partial<InfraOptions> = {},
    hooks?: InfraDeps['hooks'],
    store: Store = this.store,
    onDispatched?: InfraDeps['onDispatched'],
  ): Node {
    const deps: InfraDeps = {
      store,
      clusters: new Map([[this.east.name, this.east]]),
      topics,
      clock: () => this.nowMs,
      logger: silentLogger,
      options,
      ...(hooks === undefined ? {} : { hooks }),
      ...(onDispatched === undefined ? {} : { onDispatched }),
    };
    return new Node(deps, 1);
  }

  async createVpc(): Promise<void> {
    await this.write(vpcScope, (tx) => {
      tx.put(keys.vpc(vpcId), { id: vpcId });
      tx.put(keys.copiesLane, this.vpcLane);
    });
  }

  async register(hostId: string, slot: number, epoch = 1): Promise<Host> {
    const member: Member = { hostId, partition: 0, slot, epoch };
    const host: Host = {
      id: hostId,
      name: hostId,
      vtepIp: '192.0.2.1',
      macAddress: '02:00:00:00:00:02',
      zone: 'z',
      labels: {},
      lane: this.hostLane,
      member,
      serves: [],
      agentVersion: '1',
      createdAtMs: 0,
      updatedAtMs: 0,
    };
    await this.write(scopes.host(hostId), (tx) => {
      tx.put(keys.host(hostId), host);
    });
    return host;
  }

  /** Binds the port on these hosts, the first one actively; none = it is bound nowhere, undefined = it is deleted. Groups that are given are made if need be. */
  async bind(
    id: string,
    hostIds: readonly string[] | undefined,
    name = '',
    groups?: readonly string[],
  ): Promise<void> {
    await transact(this.store, vpcScope, async (tx) => {
      const before = (await tx.get<Port>(keys.port(id)))?.value;
      const after = hostIds && { ...port(id, hostIds, name), ...(groups && { securityGroupIds: groups }) };
      const uses = new Map<string, { bindings: number; groups: Map<string, number> }>();
      for (const [each, sign] of [
        [before, -1],
        [after, 1],
      ] as const) {
        for (const { hostId } of each?.bindings ?? []) {
          const use = uses.get(hostId) ?? { bindings: 0, groups: new Map<string, number>() };
          use.bindings += sign;
          for (const group of each?.securityGroupIds ?? []) {
            use.groups.set(group, (use.groups.get(group) ?? 0) + sign);
          }
          uses.set(hostId, use);
        }
      }
      for (const [host, use] of uses) {
        await changeUse(tx, host, use, () => Promise.resolve(host.charCodeAt(host.length - 1) % partitions));
      }
      for (const group of groups ?? []) {
        if ((await tx.get(keys.securityGroup(group))) === undefined) putGroup(tx, group, []);
      }
      if (after === undefined) tx.remove(keys.port(id));
      else tx.put(keys.port(id), after);
    });
  }

  /** Makes or changes a group whose rules name these, which are made if need be; undefined = it goes, unless something needs it. */
  async group(id: string, names: readonly string[] | undefined, name = ''): Promise<void> {
    await transact(this.store, vpcScope, async (tx) => {
      if (names === undefined) {
        if (!(await this.#isNeeded(id))) tx.remove(keys.securityGroup(id));
        return;
      }
      for (const other of names) {
        if (other !== id && (await tx.get(keys.securityGroup(other))) === undefined) putGroup(tx, other, []);
      }
      putGroup(tx, id, names, name);
    });
  }

  async #isNeeded(id: string): Promise<boolean> {
    const ports = await this.store.list(vpcScope, 'port', '', 1_000);
    const groups = await this.store.list(vpcScope, 'security-group', '', 1_000);
    return [...ports, ...groups.filter(({ key }) => key !== keys.securityGroup(id))].some(({ body }) =>
      body?.includes(`"${id}"`),
    );
  }

  async write(scope: Scope, body: (tx: Transaction) => void): Promise<number> {
    const { revision } = await transact(this.store, scope, (tx) => {
      body(tx);
      return Promise.resolve();
    });
    return revision;
  }

  async member(hostId: string): Promise<Member | undefined> {
    const [record] = await this.store.read(vpcScope, [keys.member(hostId)]);
    return record?.body === undefined ? undefined : (JSON.parse(record.body) as Member);
  }

  async assignments(hostId: string): Promise<Assignment[]> {
    const records = await this.store.list(scopes.host(hostId), 'assignment', '', 1_000);
    return records.map((record) => JSON.parse(record.body ?? '') as Assignment);
  }

  /** What the control service does when a host reports that it left. */
  async left(member: Member): Promise<void> {
    await transact(this.store, vpcScope, (tx) => freeDrained(tx, member));
    await this.write(scopes.host(member.hostId), (tx) => {
      tx.remove(keys.assignment(vpcId, member.epoch));
    });
  }

  /** What the control service does with a host's report; answers whether the host was held. */
  async report(
    scope: Scope,
    reporter: string,
    at: Omit<Report, 'reporter' | 'body'> & Partial<Pick<Report, 'body'>>,
  ): Promise<boolean> {
    const { behind } = await this.store.putReport(scope, { reporter, body: '{}', ...at });
    return behind;
  }
}
