import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { MessagingCluster } from '../core/messaging/port.ts';
import type { TopicNames } from '../core/placement/topics.ts';
import type { Scope, Store } from '../core/store/port.ts';
import type { LeaseOptions } from './leases/options.ts';

export interface ServerLimits {
  /** Hosts per partition that a VPC topic or a host-lane topic is made for; more hosts, more partitions. */
  readonly hostsPerPartition: number;
  readonly maxPartitions: number;
  /** VPCs of up to this many hosts share topics; default 0, every VPC has its own. */
  readonly sharedHosts?: number;
}

/** What the control service's handlers work with; built once by the context. */
export interface ServerDeps {
  readonly store: Store;
  /** By name. The first one is home to the work topic. */
  readonly clusters: ReadonlyMap<string, MessagingCluster & { readonly serviceUrl: string }>;
  readonly topics: TopicNames;
  /** Of the work topic, on the first cluster. */
  readonly workPartitions: number;
  /** Of the status topic, the same on every cluster. */
  readonly statusPartitions: number;
  readonly limits: ServerLimits;
  /** What is not given is the default, see `defaultLeases`. */
  readonly leases?: Partial<LeaseOptions>;
  /** Why no lease ends at present, so that hosts may be silent and not count as offline; '' = leases end. Default ''. */
  readonly leaseAlarm?: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tells the infrastructure nodes that the scope's log has grown. Never fails: the sweep makes up for a lost one. */
  wake(scope: Scope, urgent?: boolean): void;
}
