import type { NamespacePolicy } from '../messaging/port.ts';

/** Names on the bus, derived from the tenant alone, so that every program agrees on them. */
export interface TopicNames {
  readonly tenant: string;
  readonly namespaces: readonly NamespacePolicy[];
  /** Copies for the hosts of one VPC. */
  vpc(vpcId: string): string;
  /** The host lanes of a cluster. */
  readonly hosts: string;
  /** Wake-ups for infrastructure nodes. */
  readonly work: string;
  /** Reports of the hosts. */
  readonly status: string;
  /** Messages that could not be used. Nobody subscribes; the namespace's retention bounds what is kept. One partition. */
  readonly deadLetters: string;
  /** Resources of one kind, for the group that serves them. */
  public(kind: string): string;
}

export function topicNames(tenant: string): TopicNames {
  const name = (namespace: string, topic: string): string => `persistent://${tenant}/${namespace}/${topic}`;
  return {
    tenant,
    namespaces: [
      { name: 'copies' },
      { name: 'hosts' },
      { name: 'control' },
      { name: 'public' },
      { name: 'dead', retentionMinutes: 7 * 24 * 60, retentionMegabytes: 256 },
    ],
    vpc: (vpcId) => name('copies', `vpc-${vpcId}`),
    hosts: name('hosts', 'lanes'),
    work: name('control', 'work'),
    status: name('control', 'status'),
    deadLetters: name('dead', 'letters'),
    public: (kind) => name('public', kind),
  };
}

/** Durable subscriptions, made by the control service before anybody publishes. */
export const subscriptions = {
  /** Of a VPC's hosts, and of the host lanes: Key_Shared, a slot for each host. */
  hosts: 'hosts',
  /** Of the infrastructure nodes on the work topic: Key_Shared by scope. */
  infra: 'infra',
  /** Of the control service on the status topic: Key_Shared by host. */
  control: 'control',
  /** Of the hosts that serve a kind of public resource: Shared. */
  group: 'group',
} as const;
