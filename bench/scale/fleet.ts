import type { Costs } from './costs.ts';
import type { Deliveries } from './deliveries.ts';
import { doesFanOut, partitionsOf } from './lanes.ts';
import type { Lane } from './lanes.ts';
import { sumOver } from './sizes.ts';
import type { SizeClass } from './sizes.ts';
import type { Workload } from './workload.ts';

/** What brokers of the region hold, whatever changes. */
export interface Holdings {
  readonly consumers: number;
  readonly partitions: number;
}

export function holdingsOf(classes: readonly SizeClass[], lane: Lane, hosts: number, costs: Costs): Holdings {
  const ofCopies = lane.copiesOnHostLanes === true ? 0 : 1;
  const lanesOf = (size: SizeClass): number => ofCopies + (doesFanOut(size.hosts, lane) ? 1 : 0);
  return {
    // And each host's own lane.
    consumers: sumOver(classes, (size) => size.vpcs * size.hosts * lanesOf(size)) + hosts,
    partitions: sumOver(classes, (size) => size.vpcs * partitionsOf(size.hosts, costs) * lanesOf(size)),
  };
}

export interface Brokers {
  /** Brokers that each need would take, were it the only one. */
  readonly for_processors: number;
  readonly for_network: number;
  readonly for_consumers: number;
  readonly for_topics: number;
  /** For all of these, and with one zone gone. */
  readonly brokers: number;
  readonly brokers_per_cluster: number;
  readonly heap_gb_per_broker: number;
  /** Different brokers that a host is connected to; each connection of a host is one to a broker. */
  readonly connections_per_host: number;
  readonly connections_per_broker: number;
}

export function brokersFor(
  load: Pick<Deliveries, 'broker_cores' | 'egress_gbit_per_s'>,
  held: Holdings,
  workload: Workload,
  costs: Costs,
): Brokers {
  const needs = {
    for_processors: load.broker_cores / costs.utilisation / costs.broker_cores,
    for_network: load.egress_gbit_per_s / costs.utilisation / costs.broker_gbit_per_s,
    for_consumers: held.consumers / costs.consumers_per_broker,
    for_topics: held.partitions / costs.topics_per_broker,
  };
  const { zones, clusters, hosts } = workload;
  const perCluster = Math.ceil((Math.max(...Object.values(needs)) * zones) / (zones - 1) / clusters);
  const brokers = perCluster * clusters;
  const perHost = brokers * (1 - (1 - 1 / brokers) ** (held.consumers / hosts));
  return {
    ...needs,
    brokers,
    brokers_per_cluster: perCluster,
    heap_gb_per_broker:
      (held.consumers * costs.broker_bytes_per_consumer + held.partitions * costs.broker_bytes_per_topic) /
      brokers /
      1e9,
    connections_per_host: perHost,
    connections_per_broker: (perHost * hosts) / brokers,
  };
}

/** Programs of one event loop each, with one zone gone. */
export function processesFor(cores: number, { zones }: Workload, costs: Costs): number {
  return Math.ceil((cores / costs.utilisation / (zones - 1)) * zones);
}
