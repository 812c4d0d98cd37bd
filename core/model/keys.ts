import type { RecordKey, Scope } from '../store/port.ts';

/** Kinds of record that hosts receive. */
export const resourceKinds = [
  'vpc',
  'subnet',
  'security-group',
  'route-table',
  'port',
  'config',
  'fan-out',
] as const;
export type ResourceKind = (typeof resourceKinds)[number];

export const scopes = {
  vpc: (id: string): Scope => `vpc/${id}`,
  host: (id: string): Scope => `host/${id}`,
  /** The slots of a cluster's host-lane topic. */
  lane: (cluster: string): Scope => `lane/${cluster}`,
  public: (id: string): Scope => `public/${id}`,
  region: 'region/main' as Scope,
};

export const keys = {
  vpc: (id: string): RecordKey => `vpc/${id}`,
  subnet: (id: string): RecordKey => `subnet/${id}`,
  securityGroup: (id: string): RecordKey => `security-group/${id}`,
  routeTable: (id: string): RecordKey => `route-table/${id}`,
  port: (id: string): RecordKey => `port/${id}`,
  config: (name: string): RecordKey => `config/${name}`,
  copiesLane: 'lane/copies' as RecordKey,
  /** Hosts receive it: it tells them where to read. */
  fanOutLane: 'fan-out/lane' as RecordKey,
  member: (hostId: string): RecordKey => `member/${hostId}`,
  slot: (partition: number, slot: number): RecordKey => `slot/${partition}/${slot}`,
  host: (id: string): RecordKey => `host/${id}`,
  assignment: (vpcId: string, epoch: number): RecordKey => `assignment/${vpcId}/${epoch}`,
  public: (id: string): RecordKey => `public/${id}`,
  cluster: (name: string): RecordKey => `cluster/${name}`,
  /** Unlogged: body = the port that holds the address. */
  address: (subnetId: string, ip: string): RecordKey => `address/${subnetId}/${ip}`,
  mac: (mac: string): RecordKey => `mac/${mac}`,
  /** Unlogged: {@link HostUse}. */
  use: (hostId: string): RecordKey => `use/${hostId}`,
};

export function splitScope(scope: Scope): { kind: string; id: string } {
  return split(scope);
}

export function splitKey(key: RecordKey): { kind: string; id: string } {
  return split(key);
}

function split(text: string): { kind: string; id: string } {
  const at = text.indexOf('/');
  return { kind: text.slice(0, at), id: text.slice(at + 1) };
}

/** Unlogged record `use/<host>`: how many bindings of the VPC are on the host, and the last epoch it was given. */
export interface HostUse {
  readonly bindings: number;
  readonly epoch: number;
  /** Security group -> how many of these bindings are of ports in it. */
  readonly groups: Readonly<Record<string, number>>;
  /** The slot that the host had before it was moved to another. It holds both until it has reported from the new one. */
  readonly leaves?: { readonly partition: number; readonly slot: number; readonly epoch: number };
}
