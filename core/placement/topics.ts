import type { NamespacePolicy } from '../messaging/port.ts';
import { partitionOf } from './slots.ts';

/** Names on the bus, derived from the tenant alone, so that every program agrees on them. */
export interface TopicNames {
  readonly tenant: string;
  readonly namespaces: readonly NamespacePolicy[];
  /** Copies for the hosts of one VPC. A VPC that was moved has another topic, named by the first of its partitions. */
  vpc(vpcId: string, base?: number): string;
  /** Copies for the hosts of VPCs that share it, in blocks for this many hosts. */
  shared(hosts: number, n: number): string;
  /** What goes to all hosts of one VPC that read along. Nothing is acknowledged: the namespace's retention keeps it. */
  fanOut(vpcId: string): string;
  /** The host lanes of a cluster. */
  readonly hosts: string;
  /** Wake-ups for infrastructure nodes. */
  readonly work: string;
  /** Parts of large tasks, for whichever infrastructure node has room. One partition. */
  readonly chunks: string;
  /** Tells all infrastructure nodes which chunks are done. Nobody subscribes, they read along. One partition. */
  readonly chunksDone: string;
  /** Reports of the hosts. */
  readonly status: string;
  /** Messages that could not be used. Nobody subscribes; the namespace's retention bounds what is kept. One partition. */
  readonly deadLetters: string;
  /** Resources of one kind, for the group that serves them. */
  public(kind: string): string;
}

/**
 * Topics for copies are spread over as many namespaces as are given here, since a broker lists a namespace as a whole.
 * The registry keeps the name of each, so the number may change.
 */
export function topicNames(tenant: string, copiesNamespaces = 1): TopicNames {
  const name = (namespace: string, topic: string): string => `persistent://${tenant}/${namespace}/${topic}`;
  const copies = (n: number): string => (n === 0 ? 'copies' : `copies-${n}`);
  return {
    tenant,
    namespaces: [
      ...Array.from({ length: copiesNamespaces }, (_, n) => ({ name: copies(n) })),
      { name: 'fan-out', retentionMinutes: 10, retentionMegabytes: 512 },
      { name: 'hosts' },
      { name: 'control' },
      { name: 'public' },
      { name: 'dead', retentionMinutes: 7 * 24 * 60, retentionMegabytes: 256 },
    ],
    vpc: (vpcId, base = 0) =>
      name(copies(partitionOf(vpcId, copiesNamespaces)), `vpc${base === 0 ? '' : base}-${vpcId}`),
    shared: (hosts, n) => name(copies(n % copiesNamespaces), `shared${hosts}-${n}`),
    fanOut: (vpcId) => name('fan-out', `vpc-${vpcId}`),
    hosts: name('hosts', 'lanes'),
    work: name('control', 'work'),
    chunks: name('control', 'chunks'),
    chunksDone: name('control', 'chunks-done'),
    status: name('control', 'status'),
    deadLetters: name('dead', 'letters'),
    public: (kind) => name('public', kind),
  };
}

/** Durable subscriptions, made by the control service before anybody publishes. */
export const subscriptions = {
  /** Of a VPC's hosts, and of the host lanes: Key_Shared, a slot for each host. */
  hosts: 'hosts',
  /** Of the infrastructure nodes: Key_Shared by scope on the work topic, Shared on that of chunks. */
  infra: 'infra',
  /** Of the control service on the status topic: Key_Shared by host. */
  control: 'control',
  /** Of the hosts that serve a kind of public resource: Shared. */
  group: 'group',
} as const;
