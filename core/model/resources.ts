/**
 * The desired state as it is stored: the JSON bodies of logged records. Plain data; ids are opaque strings of at
 * most 64 characters from [A-Za-z0-9._-]. Revisions are not in the bodies: the record that carries a body has it.
 */

export type NetworkType = 'vxlan' | 'geneve' | 'gre' | 'vlan' | 'flat';

/** `vpc/<id>`, one in each VPC scope. A project's network in OpenStack's terms. */
export interface Vpc {
  readonly id: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  readonly networkType: NetworkType;
  /** Virtual network identifier on the wire, 1..16777215. */
  readonly vni: number;
  /** Address ranges, canonical CIDR text; subnets lie inside them. Empty = any. */
  readonly cidrs: readonly string[];
  readonly mtu: number;
  readonly adminStateUp: boolean;
  readonly portSecurityEnabled: boolean;
  readonly shared: boolean;
  /** How changes travel to many hosts; absent = what costs less. */
  readonly multicast?: Multicast | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** `copies`: one message for each host. `fan-out`: one for each partition of a topic that all hosts read. */
export type Multicast = 'copies' | 'fan-out';

export interface HostRoute {
  readonly destination: string;
  readonly nextHop: string;
}

/** `subnet/<id>` */
export interface Subnet {
  readonly id: string;
  readonly vpcId: string;
  readonly projectId: string;
  readonly name: string;
  readonly ipVersion: 4 | 6;
  readonly cidr: string;
  /** '' = no gateway. */
  readonly gatewayIp: string;
  readonly dhcpEnabled: boolean;
  readonly dnsNameservers: readonly string[];
  readonly hostRoutes: readonly HostRoute[];
  /** Inclusive ranges that addresses are allocated from. */
  readonly allocationPools: readonly { readonly start: string; readonly end: string }[];
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface SecurityGroupRule {
  readonly id: string;
  readonly direction: 'ingress' | 'egress';
  readonly etherType: 'ipv4' | 'ipv6';
  /** '' = any; else a name (tcp, udp, icmp, icmpv6, ...) or a number 0..255. */
  readonly protocol: string;
  /** Undefined = any. For ICMP: type and code. */
  readonly portRangeMin?: number;
  readonly portRangeMax?: number;
  /** At most one of the two is set; '' = any. */
  readonly remoteIpPrefix: string;
  readonly remoteGroupId: string;
  readonly description: string;
}

/** `security-group/<id>` */
export interface SecurityGroup {
  readonly id: string;
  readonly vpcId: string;
  readonly projectId: string;
  readonly name: string;
  readonly description: string;
  readonly stateful: boolean;
  readonly rules: readonly SecurityGroupRule[];
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface Route {
  readonly destination: string;
  readonly nextHop: string;
  readonly priority: number;
}

/** `route-table/<id>` */
export interface RouteTable {
  readonly id: string;
  readonly vpcId: string;
  readonly projectId: string;
  readonly name: string;
  /** Subnets that use it; empty = every subnet of the VPC that no other table names. */
  readonly subnetIds: readonly string[];
  readonly routes: readonly Route[];
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

export interface FixedIp {
  readonly subnetId: string;
  /** Canonical text. */
  readonly ipAddress: string;
}

export interface AddressPair {
  readonly ipAddress: string;
  /** '' = the port's own. */
  readonly macAddress: string;
}

/** A host that a port is, was or will be wired on. At most one binding of a port is active. */
export interface Binding {
  readonly hostId: string;
  readonly state: 'active' | 'inactive';
  /** Tunnel endpoint of the host. */
  readonly vtepIp: string;
  readonly vnicType: string;
  /** JSON text of an object, opaque to us: what the integration wants to find again. */
  readonly profile: string;
  /**
   * Reports of the host at or below this revision say nothing about this binding. 0 = it was made by the commit that
   * wrote this version of the port: what counts is any report from the port's own revision on.
   */
  readonly boundAfter: number;
}

/** `port/<id>` */
export interface Port {
  readonly id: string;
  readonly vpcId: string;
  readonly projectId: string;
  readonly name: string;
  readonly macAddress: string;
  readonly fixedIps: readonly FixedIp[];
  readonly adminStateUp: boolean;
  readonly deviceId: string;
  readonly deviceOwner: string;
  readonly portSecurityEnabled: boolean;
  readonly securityGroupIds: readonly string[];
  readonly allowedAddressPairs: readonly AddressPair[];
  readonly bindings: readonly Binding[];
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** What a host knows of a port on another host: enough to reach it and to resolve remote groups. */
export interface Neighbor {
  readonly kind: 'neighbor';
  readonly id: string;
  readonly macAddress: string;
  readonly ipAddresses: readonly string[];
  readonly hostId: string;
  readonly vtepIp: string;
  readonly securityGroupIds: readonly string[];
}

/** `config/<name>`: configuration that is opaque to the platform (Publish), in a VPC's or a host's scope. */
export interface OpaqueConfig {
  readonly name: string;
  readonly contentType: string;
  /** Base64. */
  readonly data: string;
  readonly updatedAtMs: number;
}

/** A topic on a cluster. `fan-out/lane`: where a VPC's hosts read what goes to all. */
export interface Lane {
  readonly cluster: string;
  readonly topic: string;
  readonly partitions: number;
  /** Number of the first partition as members and slots have it; absent = 0. The topic itself counts from 0. */
  readonly base?: number;
  /** The scope's part of a topic that others have parts of, too; absent = the topic is the scope's own. */
  readonly block?: Block;
}

/** Some slots of a topic of one partition that small VPCs share: from the first one to the one before `to`. */
export interface Block {
  readonly from: number;
  readonly to: number;
  /** So many hosts may have one. */
  readonly hosts: number;
}

/** `lane/copies`: where a VPC's (or a lane scope's) copies travel. */
export interface CopiesLane extends Lane {
  /** Where the VPC was moved from: hosts still have slots there. New ones get theirs on the present lane. */
  readonly former?: Lane;
}

/** `member/<host id>`: a host that takes part in the VPC; for a lane scope, a registered host. */
export interface Member {
  readonly hostId: string;
  readonly partition: number;
  readonly slot: number;
  /** Rises with each assignment of the host to the scope; stamped on whatever travels for it. */
  readonly epoch: number;
  /** Of the record that began the membership, if the host was given another slot since: it has been there all along. */
  readonly since?: { readonly epoch: number; readonly revision: number };
  /** Its partition has hosts of other VPCs as well. */
  readonly shared?: boolean;
}

/** `slot/<partition>/<slot>`: who holds a slot. Draining = released, but its fence is not acknowledged yet. */
export interface SlotHolder extends Member {
  readonly state: 'held' | 'draining';
}

/** `host/<id>` in the host's own scope. */
export interface Host {
  readonly id: string;
  readonly name: string;
  readonly vtepIp: string;
  readonly macAddress: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly lane: Lane;
  readonly member: Member;
  /** Kinds of public resource whose group the host serves in. */
  readonly serves: readonly string[];
  readonly agentVersion: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/**
 * `assignment/<vpc id>/<epoch>` in a host's scope: the host takes part in the VPC, or drains the slot it had until
 * the fence. Derived from the VPC's log; two epochs of one VPC can stand side by side.
 */
export interface Assignment extends Member {
  readonly vpcId: string;
  readonly lane: Lane;
  readonly state: 'member' | 'leaving';
}

/** `public/<id>` in its own scope. */
export interface PublicResource {
  readonly id: string;
  readonly projectId: string;
  /** Names the topic: `elb`, `nat`. */
  readonly kind: string;
  readonly name: string;
  /** Base64. */
  readonly data: string;
  readonly contentType: string;
  readonly lane: Lane;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** `cluster/<name>` in `region/main`. */
export interface Cluster {
  readonly name: string;
  readonly serviceUrl: string;
  readonly adminUrl: string;
  /** Placement puts nothing new on a cluster that is not open. */
  readonly open: boolean;
}
