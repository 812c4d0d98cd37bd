import { controlFor } from './control.ts';
import type { Control } from './control.ts';
import type { Costs } from './costs.ts';
import { deliveriesOf, timeToLast } from './deliveries.ts';
import type { Deliveries, TimeToLast } from './deliveries.ts';
import { brokersFor, holdingsOf, processesFor } from './fleet.ts';
import type { Brokers, Holdings } from './fleet.ts';
import { partitionsOf } from './lanes.ts';
import type { BrokerCosts, Lane } from './lanes.ts';
import { hostsOf, sizeClasses, sumOver } from './sizes.ts';
import { stormOf } from './storm.ts';
import type { Storm } from './storm.ts';
import type { Workload } from './workload.ts';

export const lanes: readonly Lane[] = [
  { name: 'copies', paceSeconds: 0 },
  { name: 'copies, in chunks', isChunked: true, paceSeconds: 0 },
  { name: 'fan-out', fanOutFrom: 100, paceSeconds: 0 },
  { name: 'fan-out, paced', fanOutFrom: 100, paceSeconds: 1 },
  { name: 'paced, copies on host lanes', fanOutFrom: 100, paceSeconds: 1, copiesOnHostLanes: true },
];

const SIZES = [1, 10, 100, 1_000, 10_000, 100_000];

export interface LaneFigures {
  readonly lane: Lane;
  readonly average: Deliveries;
  readonly peak: Deliveries;
  /** At the peak. */
  readonly time_to_last: readonly TimeToLast[];
  readonly holdings: Holdings;
  readonly brokers: Brokers;
  readonly infra_nodes: number;
  readonly control: Control;
  /** Beside those for deliveries; a message on a status topic is taken to cost what a copy does. */
  readonly broker_cores_for_status: number;
  /** The same where nobody but who waits for it hears of a change before the next heartbeat. */
  readonly control_with_quiet_reports: Control;
  /** A broker is killed, and all its consumers come back to it, or to the others of its cluster. */
  readonly broker_restarts: Storm;
  readonly broker_is_replaced: Storm;
  readonly zone_fails: Storm;
}

export interface RegionFigures {
  readonly workload: Workload;
  readonly vpcs: number;
  readonly vpcs_above: Readonly<Record<string, number>>;
  readonly ports: number;
  readonly memberships: number;
  /** Of the VPC in which a change takes place, on average over the changes. */
  readonly hosts_per_change: number;
  /** Entries of neighbours that the hosts which join are sent, each of them the whole VPC. */
  readonly snapshot_entries_per_s: number;
  readonly topics: number;
  readonly lanes: readonly LaneFigures[];
}

export interface RegionCosts {
  readonly costs: Costs;
  readonly broker: BrokerCosts;
  /** Of one consumer, broker and clients together, on the machine of the bench. */
  readonly joinUs: number;
  readonly benchCores: number;
}

export function regionFigures(workload: Workload, known: RegionCosts): RegionFigures {
  const { costs } = known;
  const classes = sizeClasses(workload);
  const ports = sumOver(classes, (size) => size.vpcs * size.ports);
  const hostsPerChange = sumOver(classes, (size) => size.vpcs * size.ports * size.hosts) / ports;
  const entriesPerChange = sumOver(classes, (size) => size.vpcs * size.ports ** 2) / ports;
  const above = (least: number): number => sumOver(classes, (size) => (size.ports > least ? size.vpcs : 0));
  return {
    workload,
    vpcs: sumOver(classes, (size) => size.vpcs),
    vpcs_above: Object.fromEntries([10, 100, 1_000, 10_000, 50_000].map((least) => [least, above(least)])),
    ports,
    memberships: sumOver(classes, (size) => size.vpcs * size.hosts),
    hosts_per_change: hostsPerChange,
    snapshot_entries_per_s: workload.changesPerSecond * workload.joins * entriesPerChange,
    topics: sumOver(classes, (size) => size.vpcs * partitionsOf(size.hosts, costs)),
    lanes: lanes.map((lane) => laneFigures(lane, workload, known)),
  };
}

export function laneFigures(lane: Lane, workload: Workload, known: RegionCosts): LaneFigures {
  const { costs, broker, joinUs, benchCores: cores } = known;
  const classes = sizeClasses(workload);
  const ports = sumOver(classes, (size) => size.vpcs * size.ports);
  const { changesPerSecond, hosts, zones } = workload;
  const peakRate = changesPerSecond * workload.peak;
  const loadAt = (rate: number, given = costs) => ({
    ...{ classes, lane, broker },
    costs: given,
    changesPerPort: rate / ports,
  });
  const peak = deliveriesOf(loadAt(peakRate));
  const control = (given: Costs): Control => {
    const { deliveries_per_s: deliveriesPerSecond, reported_scopes_per_s: reportedScopesPerSecond } =
      deliveriesOf(loadAt(peakRate, given));
    const reported = { changesPerSecond: peakRate, deliveriesPerSecond, reportedScopesPerSecond };
    return controlFor(reported, workload, given);
  };
  const holdings = holdingsOf(classes, lane, hosts, costs);
  const reports = control(costs);
  const statusCores = (reports.status_messages_per_s * broker.copiesUs.slope) / 1e6;
  const brokerCores = peak.broker_cores + statusCores;
  const fleet = brokersFor({ ...peak, broker_cores: brokerCores }, holdings, workload, costs);
  const { brokers, brokers_per_cluster: perCluster } = fleet;
  const storm = (consumers: number, onto: number): Storm =>
    stormOf(consumers, onto, joinUs, { cores, costs });
  return {
    lane,
    average: deliveriesOf(loadAt(changesPerSecond)),
    peak,
    time_to_last: SIZES.map((size) =>
      timeToLast({ ports: size, hosts: hostsOf(size, hosts), vpcs: 1 }, loadAt(peakRate)),
    ),
    holdings,
    brokers: fleet,
    infra_nodes: processesFor(peak.infra_cores, workload, costs),
    control: reports,
    broker_cores_for_status: statusCores,
    control_with_quiet_reports: control({ ...costs, report_coalesce_s: costs.heartbeat_s }),
    broker_restarts: storm(holdings.consumers / brokers, 1),
    broker_is_replaced: storm(holdings.consumers / brokers, Math.max(1, perCluster - 1)),
    zone_fails: storm(holdings.consumers / zones, (brokers * (zones - 1)) / zones),
  };
}
