import type { Costs } from './costs.ts';
import { turnOn } from './lanes.ts';
import type { BrokerCosts, Lane, Turn } from './lanes.ts';
import { sumOver } from './sizes.ts';
import type { SizeClass } from './sizes.ts';
import { turnsPerSecond, waitQuantile } from './turns.ts';

/** What a region of VPCs that change at a given rate asks of brokers and infrastructure nodes. */
export interface Deliveries {
  readonly turns_per_s: number;
  readonly changes_per_turn: number;
  readonly messages_per_s: number;
  readonly deliveries_per_s: number;
  readonly broker_cores: number;
  readonly infra_cores: number;
  readonly egress_gbit_per_s: number;
  /** Reports of one scope by one host, all together. */
  readonly reported_scopes_per_s: number;
}

interface Load {
  readonly classes: readonly SizeClass[];
  /** Of each port. */
  readonly changesPerPort: number;
  readonly lane: Lane;
  readonly costs: Costs;
  readonly broker: BrokerCosts;
}

export function deliveriesOf({ classes, changesPerPort, lane, costs, broker }: Load): Deliveries {
  const each = classes.map((size) => {
    const turn = turnOn(size.hosts, lane, costs, broker);
    const changes = changesPerPort * size.ports;
    return {
      ...size,
      turn,
      changes,
      turns: turnsPerSecond({ changesPerSecond: changes, seconds: turn.periodSeconds }),
    };
  });
  const perSecond = (of: (one: (typeof each)[number]) => number): number =>
    sumOver(each, (one) => one.vpcs * one.turns * of(one));
  const turns = perSecond(() => 1);
  return {
    turns_per_s: turns,
    changes_per_turn: sumOver(each, ({ vpcs, changes }) => vpcs * changes) / turns,
    messages_per_s: perSecond(({ turn }) => turn.messages),
    deliveries_per_s: perSecond(({ hosts }) => hosts),
    broker_cores: perSecond(({ turn }) => turn.brokerUs) / 1e6,
    infra_cores: perSecond(({ turn }) => turn.infraUs) / 1e6,
    // However the changes are put together, each host gets each of them.
    egress_gbit_per_s:
      (sumOver(each, ({ vpcs, changes, hosts }) => vpcs * changes * hosts) * costs.bytes_per_change * 8) /
      1e9,
    reported_scopes_per_s: sumOver(
      each,
      ({ vpcs, hosts, turns: rate }) => (vpcs * hosts) / (costs.report_coalesce_s + 1 / rate),
    ),
  };
}

/** How long a change takes to the last host of a VPC. */
export interface TimeToLast {
  readonly ports: number;
  readonly hosts: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly turn: Turn;
}

export function timeToLast(size: SizeClass, load: Omit<Load, 'classes'>): TimeToLast {
  const { lane, costs, broker, changesPerPort } = load;
  const turn = turnOn(size.hosts, lane, costs, broker);
  const turns = { changesPerSecond: changesPerPort * size.ports, seconds: turn.periodSeconds };
  const ms = (q: number, tail: number): number =>
    costs.floor_ms * tail + 1_000 * (waitQuantile(turns, q) + turn.seconds * tail);
  // Both at their worst together: an upper bound.
  return { ports: size.ports, hosts: size.hosts, p50_ms: ms(0.5, 1), p99_ms: ms(0.99, turn.tail), turn };
}
