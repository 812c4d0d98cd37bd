import { UsageError } from '../usage.ts';
import type { IsolationOptions } from './options.ts';

/**
 * The hosts that fail are owed a copy of each change, and nothing else. They are 2 % of the VPC, so two limits of 20,000
 * copies for them would be two million copies in all: a quarter of an hour at full speed. The limit counts what is owed,
 * not when it came to be: so the load is weighted by time. A second VPC begins with the hosts that are to fail and a few
 * others, takes most of the load until the failed hosts are owed enough, and then gets all the other hosts.
 */
export interface Hosts {
  readonly killed: number;
  readonly stopped: number;
  /** Healthy hosts in the second VPC while it is small. */
  readonly first: number;
  /** Of the processes of hosts that fail. */
  readonly perProcess: number;
}

export interface Loads {
  /** Changes per second of a VPC with all hosts that takes the whole load. */
  readonly whole: number;
  /** While the second VPC is small: changes per second of the first and of the second one. */
  readonly beside: number;
  readonly small: number;
  /** The same of the second one alone. */
  readonly smallAlone: number;
}

const FIRST = 4;
const PER_PROCESS = 50;
/** Of the load, while the second VPC is small and the first one is looked at. */
const SMALL_SHARE = 0.5;

export function planHosts({ agents, failing, vanish }: IsolationOptions): Hosts {
  const each = Math.max(1, Math.round((agents * failing) / 2));
  if (2 * each + FIRST >= agents) throw new UsageError(`${agents} agents leave too few that do not fail`);
  return { killed: each, stopped: each, first: FIRST, perProcess: vanish ? PER_PROCESS : 1 };
}

/** From the copies per second that all hosts together can apply. */
export function planLoads({ agents, load }: IsolationOptions, hosts: Hosts, copyRate: number): Loads {
  const offered = copyRate * load;
  const whole = offered / agents;
  const smallAlone = offered / (hosts.killed + hosts.stopped + hosts.first);
  return { whole, beside: whole * (1 - SMALL_SHARE), small: smallAlone * SMALL_SHARE, smallAlone };
}

/** Changes after which the failed hosts are owed so many limits. */
export function changesToOwe({ owed }: IsolationOptions, hosts: Hosts, limit: number): number {
  return Math.ceil((owed * limit) / (hosts.killed + hosts.stopped));
}
