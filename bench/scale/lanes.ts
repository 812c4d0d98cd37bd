import { at } from './fit.ts';
import type { Line } from './fit.ts';
import type { Costs } from './costs.ts';

/** How the hosts of a VPC are told of a change. */
export interface Lane {
  readonly name: string;
  /** VPCs with so many hosts get one message per partition, which each host reads; smaller ones a copy per host. */
  readonly fanOutFrom?: number;
  /** Each partition's copies are sent by a node of their own, side by side. */
  readonly isChunked?: boolean;
  /** Copies travel on the hosts' own lanes, so that only VPCs that fan out have topics. */
  readonly copiesOnHostLanes?: boolean;
  /** Least time from one turn on a VPC that fans out to the next. */
  readonly paceSeconds: number;
}

/** Processor time of the broker for one turn on a VPC with so many hosts. */
export interface BrokerCosts {
  readonly copiesUs: Line;
  readonly readersUs: Line;
  /** 99th percentile against the median. */
  readonly copiesTail: number;
  readonly readersTail: number;
}

/** One turn on a VPC. */
export interface Turn {
  readonly partitions: number;
  readonly messages: number;
  readonly infraUs: number;
  readonly brokerUs: number;
  /** From its beginning until the last host has it, on machines that are as busy as they may be. */
  readonly seconds: number;
  /** Least time until the next one. */
  readonly periodSeconds: number;
  readonly tail: number;
}

/** The node sends while the brokers deliver, each partition by itself, so the slowest of them decides. */
export function turnOn(hosts: number, lane: Lane, costs: Costs, broker: BrokerCosts): Turn {
  const partitions = partitionsOf(hosts, costs);
  const fansOut = doesFanOut(hosts, lane);
  const messages = fansOut ? partitions : hosts;
  const perPartition = fansOut ? broker.readersUs : broker.copiesUs;
  const partitionUs = at(perPartition, hosts / partitions);
  const infraUs = costs.infra_us_per_turn + messages * costs.infra_us_per_message;
  const sentByOne = lane.isChunked === true ? messages / partitions : messages;
  const sendingUs = costs.infra_us_per_turn + sentByOne * costs.infra_us_per_message;
  const slowestUs = Math.max(sendingUs, partitionUs / costs.cores_per_partition);
  const seconds = slowestUs / (1 - costs.utilisation) / 1e6;
  return {
    partitions,
    messages,
    infraUs,
    brokerUs: partitionUs * partitions,
    seconds,
    periodSeconds: fansOut ? Math.max(seconds, lane.paceSeconds) : seconds,
    tail: fansOut ? broker.readersTail : broker.copiesTail,
  };
}

export function doesFanOut(hosts: number, { fanOutFrom = Infinity }: Lane): boolean {
  return Math.round(hosts) >= fanOutFrom;
}

export function partitionsOf(hosts: number, costs: Costs): number {
  return Math.min(costs.max_partitions, Math.max(1, Math.ceil(hosts / costs.hosts_per_partition)));
}
