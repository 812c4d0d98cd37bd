import type { Watched } from '../processor-time.ts';
import type { Gathered } from './gathering.ts';

/** A way to tell many hosts the same thing. Each multicast of a point has a number of its own. */
export interface Design {
  /** Starts what carries the messages, and nothing is left of it after `stop`. */
  start(surroundings: DesignSurroundings): Promise<Carrier>;
}

export interface DesignSurroundings {
  /** Of this start alone. */
  readonly dir: string;
}

export interface Carrier {
  /** Their processor time is what a delivery costs the broker. */
  readonly brokers: readonly Watched[];
  /** Where they listen: for counting connections. */
  readonly ports: readonly number[];
  /** Attaches that many hosts; a carrier has one session at a time. */
  open(point: Point): Promise<Session>;
  stop(): Promise<void>;
}

export interface Point {
  readonly hosts: number;
  /** Processes that the hosts share, where the design leaves the choice. */
  readonly processes: number;
  readonly hostsPerPartition: number;
  readonly hostsPerConnection: number;
}

export interface Session {
  /** Their processor time is the clients'. */
  readonly clients: readonly Watched[];
  /**
   * The hosts also apply what they receive. On a machine that all of them share that would count as time until the others
   * have received it, so a multicast is either received by all and then applied, or applied as it comes in.
   */
  readonly appliesToo: boolean;
  /** Sends it; the times of sending are `monotonicMs()`. Where nothing is said it is applied as it comes in. */
  publish(multicast: number, how?: 'applied at once' | 'received first'): Promise<Published>;
  /** Resolves when all hosts have it, or when the time is over. */
  untilReceived(multicast: number, patienceMs: number): Promise<Gathered>;
  close(): Promise<void>;
}

export interface Published {
  readonly sentAtMs: number;
  /** The broker has it, or for a design that copies, all of it. */
  readonly confirmedAtMs: number;
}
