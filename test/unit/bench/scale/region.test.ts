import { expect } from 'chai';
import { controlFor } from '../../../../bench/scale/control.ts';
import { knownCosts } from '../../../../bench/scale/costs.ts';
import { deliveriesOf, timeToLast } from '../../../../bench/scale/deliveries.ts';
import { brokersFor, holdingsOf, processesFor } from '../../../../bench/scale/fleet.ts';
import { turnOn } from '../../../../bench/scale/lanes.ts';
import type { Lane } from '../../../../bench/scale/lanes.ts';
import { stormOf } from '../../../../bench/scale/storm.ts';
import { region } from '../../../../bench/scale/workload.ts';

const costs = {
  ...knownCosts(),
  floor_ms: 10,
  infra_us_per_turn: 1_000,
  infra_us_per_message: 100,
  bytes_per_change: 125,
  hosts_per_partition: 500,
  max_partitions: 4,
  cores_per_partition: 1,
  utilisation: 0.5,
  heartbeat_s: 10,
  scopes_per_heartbeat: 8,
  report_coalesce_s: 1,
  store_calls_per_bind: 10,
  store_calls_per_joining_bind: 40,
  store_calls_per_reported_scope: 3,
  redis_us_per_call: 20,
  server_us_per_store_call: 50,
};
const broker = {
  copiesUs: { base: 0, slope: 150 },
  readersUs: { base: 0, slope: 40 },
  copiesTail: 2,
  readersTail: 2,
};
const copies: Lane = { name: 'copies', paceSeconds: 0 };
const chunks: Lane = { ...copies, isChunked: true };
const fanOut: Lane = { name: 'fan-out', fanOutFrom: 100, paceSeconds: 0 };
const size = { ports: 1_000, hosts: 1_000, vpcs: 1 };

describe('turn on a VPC of 1,000 hosts in the scale model', () => {
  it('is as long as one node sends, where it copies', () => {
    // 1 + 1,000 x 0.1 ms, twice as long on cores that are half busy; a broker has 500 x 0.15 ms for each partition.
    const turn = turnOn(1_000, copies, costs, broker);
    expect(turn).to.include({ partitions: 2, messages: 1_000, infraUs: 101_000, brokerUs: 150_000 });
    expect(turn.seconds).to.be.closeTo(0.202, 1e-9);
  });

  it('is as long as a partition takes, where several nodes copy', () => {
    const turn = turnOn(1_000, chunks, costs, broker);
    expect(turn.seconds).to.be.closeTo(0.15, 1e-9);
    expect(turn.infraUs).to.equal(101_000);
  });

  it('sends a message for each partition, where it fans out', () => {
    const turn = turnOn(1_000, fanOut, costs, broker);
    expect(turn).to.include({ messages: 2, infraUs: 1_200, brokerUs: 40_000 });
    expect(turn.seconds).to.be.closeTo(0.04, 1e-9);
    expect(turnOn(99, fanOut, costs, broker).messages).to.equal(99);
  });

  it('has no more partitions than a topic may have', () => {
    expect(turnOn(100_000, fanOut, costs, broker).partitions).to.equal(4);
  });
});

describe('deliveries in the scale model', () => {
  it('are changes times hosts where changes are rare', () => {
    const load = { classes: [{ ...size, vpcs: 10 }], changesPerPort: 1e-6, lane: fanOut, costs, broker };
    const { turns_per_s: turns, deliveries_per_s: deliveries, broker_cores: cores } = deliveriesOf(load);
    expect(turns).to.be.closeTo(0.01, 1e-5);
    expect(deliveries).to.be.closeTo(10, 0.01);
    expect(cores).to.be.closeTo(10 * 40e-6, 1e-6);
  });

  it('are bounded by the pace', () => {
    const lane = { ...fanOut, paceSeconds: 1 };
    const load = { classes: [size], changesPerPort: 1, lane, costs, broker };
    const { turns_per_s: turns, changes_per_turn: changes, egress_gbit_per_s: egress } = deliveriesOf(load);
    expect(turns).to.be.closeTo(1, 1e-9);
    expect(changes).to.be.closeTo(1_000, 1e-6);
    // 1,000 changes for each of 1,000 hosts, 1,000 bits each.
    expect(egress).to.be.closeTo(1, 1e-9);
  });

  it('reach the last host after the floor and the turn, and on a bad day after the turn before', () => {
    const quiet = timeToLast(size, { changesPerPort: 1e-9, lane: fanOut, costs, broker });
    expect(quiet.p50_ms).to.be.closeTo(50, 1e-6);
    expect(quiet.p99_ms).to.be.closeTo(100, 1e-6);
    const busy = timeToLast(size, { changesPerPort: 100, lane: fanOut, costs, broker });
    expect(busy.p50_ms).to.be.closeTo(70, 1e-6);
  });
});

describe('machines in the scale model', () => {
  const workload = { ...region, hosts: 1_000, clusters: 2, zones: 3 };
  const load = {
    ...{ turns_per_s: 1, changes_per_turn: 1, messages_per_s: 1, deliveries_per_s: 1, infra_cores: 1 },
    ...{ broker_cores: 16, egress_gbit_per_s: 5, reported_scopes_per_s: 1 },
  };

  it('have each host in its VPCs, in both lanes where these fan out, and in its own', () => {
    const classes = [{ ports: 600, hosts: 600, vpcs: 10 }, { ports: 1, hosts: 1, vpcs: 7 }]; // prettier-ignore
    expect(holdingsOf(classes, copies, 1_000, costs)).to.deep.equal({ consumers: 7_007, partitions: 27 });
    expect(holdingsOf(classes, fanOut, 1_000, costs)).to.deep.equal({ consumers: 13_007, partitions: 47 });
    expect(holdingsOf(classes, { ...fanOut, copiesOnHostLanes: true }, 1_000, costs)).to.deep.equal({
      consumers: 7_000,
      partitions: 20,
    });
  });

  it('are as many as the greatest need takes, with a zone gone, in whole clusters', () => {
    const sized = { ...costs, broker_cores: 16, broker_gbit_per_s: 10, consumers_per_broker: 1_000 };
    const fleet = brokersFor(load, { consumers: 7_000, partitions: 0 }, workload, sized);
    expect(fleet).to.include({ for_processors: 2, for_network: 1, for_consumers: 7, for_topics: 0 });
    // 7 x 3/2 = 10.5, over two clusters.
    expect(fleet).to.include({ brokers: 12, brokers_per_cluster: 6 });
    expect(processesFor(3, workload, costs)).to.equal(9);
  });

  it('take heartbeats, reports and writes', () => {
    const reported = { changesPerSecond: 10, deliveriesPerSecond: 1_000, reportedScopesPerSecond: 500 };
    const control = controlFor(reported, { ...workload, joins: 0.25, leaves: 0.25 }, costs);
    // Each host hears of something every second, and reports it a second later.
    expect(control.status_messages_per_s).to.be.closeTo(500, 1e-9);
    expect(control.reported_scopes_per_s).to.be.closeTo(1_300, 1e-9);
    expect(control.store_calls_per_s).to.deep.equal({ writes: 250, heartbeats: 2_400, reports: 1_500 });
    expect(control.redis_cores).to.be.closeTo(0.083, 1e-9);
    expect(control).to.include({ servers: 1, redis_shards: 1 });
  });

  it('have their consumers back at the rate that was measured, or in proportion to their cores', () => {
    const sized = { ...costs, broker_cores: 16, broker_share_of_joining: 0.5 };
    const storm = stormOf(20_000, 2, 1_000, { cores: 2, costs: sized });
    expect(storm.seconds_as_measured).to.be.closeTo(10, 1e-9);
    // 1 ms of both, half of it the broker's on two cores: 1 ms of a core, on 16 of them.
    expect(storm.seconds_if_it_scales).to.be.closeTo(0.625, 1e-9);
  });
});
