import { grid } from '../markdown-grid.ts';
import { figure } from './figure.ts';
import type { LaneFigures, RegionFigures } from './region.ts';
import type { ScaleResult } from './run.ts';
import type { Storm } from './storm.ts';

export function regionSections({ region, sensitivity, costs }: ScaleResult): string {
  const { lanes, workload } = region;
  const utilisation = Math.round(costs.utilisation.value * 100);
  return `## The region

${figure(workload.hosts)} hosts, each in ${workload.vpcsPerHost} VPCs on average, ${workload.clusters} clusters, each over ${workload.zones} zones. The sizes of VPCs are a Pareto distribution with exponent ${workload.exponent}, cut off at ${figure(workload.largest)} ports: ${figure(region.vpcs)} VPCs with ${figure(region.ports)} ports;
${Object.entries(region.vpcs_above)
  .map(([ports, vpcs]) => `${figure(vpcs)} have more than ${figure(Number(ports))} ports`)
  .join(
    ', ',
  )}. ${figure(workload.changesPerSecond)} changes a second on average, ${workload.peak} times that at the peak
(the average is that of Achelous, SIGCOMM 2023: over 100 million network changes a day), evenly over all ports: ${workload.joins * 100} % bring a port to a host that is new to its VPC, ${workload.leaves * 100} % take one away for good. So a change takes place in a VPC with
${figure(region.hosts_per_change)} hosts on average, although most VPCs have fewer than ten: that is what a heavy tail does, and why the exponent matters so much.

Five ways to tell hosts: *copies* to all, as built; *copies, in chunks* of a partition that several infrastructure nodes send side by side (not built); *fan-out*, where a VPC with 100 hosts or more gets one message per partition and each host reads it (not built); *fan-out, paced*, where such a VPC gets one turn per second at most; and the same with *copies on host lanes*, where only VPCs that fan out have topics, and whatever goes to single hosts travels on their own lanes.
Changes that arrive during a turn go together in the next one, so a VPC that changes faster than it can be told coalesces by itself. Processors are planned to be ${utilisation} % busy at the peak, so that everything takes ${figure(1 / (1 - costs.utilisation.value))} times as long as on an idle machine.

## Time to the last host

At the peak, from commit to applied and durable, p50 / p99 in milliseconds:

${grid(
  ['ports of the VPC', ...lanes.map(({ lane }) => lane.name)],
  lanes[0]!.time_to_last.map(({ ports }, n) => [
    figure(ports),
    ...lanes.map(({ time_to_last: times }) => `${figure(times[n]!.p50_ms)} / ${figure(times[n]!.p99_ms)}`),
  ]),
)}

![time to the last host](scale-time-to-last.svg)

With copies it is one infrastructure node that takes the time, sending to all hosts of a VPC one after the other; the brokers deliver the partitions side by side. Chunks, a partition each, that idle nodes take bring the time down to that of a partition, but not the work. With fan-out hardly anything is sent, and
what counts is a partition: its hosts are bounded, up to ${costs.max_partitions.value} partitions of ${costs.hosts_per_partition.value} hosts. Pacing adds what it says: up to a second.

## What it takes

${rowsOf(lanes, [
  ['deliveries per second, average', ({ average }) => figure(average.deliveries_per_s)],
  ['deliveries per second, peak', ({ peak }) => figure(peak.deliveries_per_s)],
  ['changes per turn, peak', ({ peak }) => figure(peak.changes_per_turn)],
  ['messages published per second, peak', ({ peak }) => figure(peak.messages_per_s)],
  ['broker cores at work, peak', ({ peak }) => figure(peak.broker_cores)],
  ['and for messages on the status topics', ({ broker_cores_for_status: cores }) => figure(cores)],
  ['sent by brokers, Gbit/s, peak', ({ peak }) => figure(peak.egress_gbit_per_s)],
  ['consumers and readers', ({ holdings }) => figure(holdings.consumers)],
  ['partitions', ({ holdings }) => figure(holdings.partitions)],
  ['brokers for processors alone', ({ brokers }) => figure(brokers.for_processors)],
  ['for the network alone', ({ brokers }) => figure(brokers.for_network)],
  ['for consumers alone', ({ brokers }) => figure(brokers.for_consumers)],
  ['for topics alone', ({ brokers }) => figure(brokers.for_topics)],
  ['**brokers**, one zone gone', ({ brokers }) => figure(brokers.brokers)],
  ['heap of each for consumers and topics, GB', ({ brokers }) => figure(brokers.heap_gb_per_broker)],
  ['brokers that a host is connected to', ({ brokers }) => figure(brokers.connections_per_host)],
  ['connections of a broker', ({ brokers }) => figure(brokers.connections_per_broker)],
  ['**infrastructure nodes**, one core each, one zone gone', ({ infra_nodes }) => figure(infra_nodes)],
])}

Hosts that join are sent the whole VPC: ${figure(region.snapshot_entries_per_s)} entries a second on average, ${figure((region.snapshot_entries_per_s * costs.bytes_per_change.value * 8) / 1e9)} Gbit/s, read from Redis once for those who join in the same turn. It is in none of the figures here, since reading was not measured, and it is of the order of all changes together.

## Reports, heartbeats, Redis

At the peak. In brackets: the same if a report that nobody waits for went with the next heartbeat (\`VPCAST_REPORT_COALESCE=10s\`).

${rowsOf(lanes, [
  ['messages on the status topics per second', both(({ status_messages_per_s: messages }) => messages)],
  ['reports of a scope per second', both(({ reported_scopes_per_s: scopes }) => scopes)],
  ['calls of the store per second: writes', both(({ store_calls_per_s: calls }) => calls.writes)],
  ['for what heartbeats repeat', both(({ store_calls_per_s: calls }) => calls.heartbeats)],
  ['for what is new', both(({ store_calls_per_s: calls }) => calls.reports)],
  ['**servers**, one core each, one zone gone', both(({ servers }) => servers)],
  ['Redis cores at work', both(({ redis_cores: cores }) => cores)],
  ['**Redis shards**', both(({ redis_shards: shards }) => shards)],
])}

Replicas of Redis are not counted, nor the time that \`appendfsync always\` takes.

## When consumers come back

Seconds, if a broker takes its consumers as fast as the bench machine did, clients and all; in brackets, if it uses all its ${costs.broker_cores.value} cores and the clients' half of the work is done elsewhere.

${rowsOf(lanes, [
  ['a broker restarts, and its consumers come back to it', storm(({ broker_restarts }) => broker_restarts)],
  ['the other brokers of the cluster take them over', storm(({ broker_is_replaced }) => broker_is_replaced)],
  ['a zone fails, and the other two take over', storm(({ zone_fails }) => zone_fails)],
])}

Before that, the broker has to start (7 to 15 s on an idle machine), or somebody has to notice, and topics have to be loaded: how fast, was not measured.

## What moves the result

At the peak; in each cell deliveries per second, broker cores at work, brokers, infrastructure nodes.

${grid(
  ['', ...lanes.map(({ lane }) => lane.name)],
  sensitivity.map((variation) => [
    variation.name,
    ...variation.lanes.map(({ peak, brokers, infra_nodes: nodes }) =>
      [peak.deliveries_per_s, peak.broker_cores, brokers.brokers, nodes].map(figure).join('; '),
    ),
  ]),
)}

${findings(region)}`;
}

type Cell = (lane: LaneFigures) => string;

function rowsOf(lanes: readonly LaneFigures[], rows: readonly (readonly [string, Cell])[]): string {
  return grid(
    ['', ...lanes.map(({ lane }) => lane.name)],
    rows.map(([title, cell]) => [title, ...lanes.map(cell)]),
  );
}

function both(of: (control: LaneFigures['control']) => number): Cell {
  return ({ control, control_with_quiet_reports: quiet }) => `${figure(of(control))} (${figure(of(quiet))})`;
}

function storm(of: (lane: LaneFigures) => Storm): Cell {
  return (lane) => {
    const { seconds_as_measured: measured, seconds_if_it_scales: scaled } = of(lane);
    return `${figure(measured)} (${figure(scaled)})`;
  };
}

function findings({ lanes }: RegionFigures): string {
  const deciding = lanes.map(({ lane, brokers }) => {
    const { for_processors, for_network, for_consumers, for_topics } = brokers;
    const needs = {
      processors: for_processors,
      network: for_network,
      consumers: for_consumers,
      topics: for_topics,
    };
    const [most] = Object.entries(needs).sort(([, one], [, other]) => other - one);
    return `${most![0]} (${lane.name})`;
  });
  return `What decides the number of brokers: ${deciding.join('; ')}. How many consumers one broker may have is assumed, so this is the first thing to measure on larger machines.`;
}
