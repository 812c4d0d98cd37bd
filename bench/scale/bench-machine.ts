import { at } from './fit.ts';
import type { DesignCosts } from './fit.ts';

/** What the multicast bench should find with so many hosts, where broker and clients share the machine. */
export interface Prediction {
  readonly last_ms_p50: number;
  readonly last_ms_p99: number;
  readonly broker_us_per_delivery: number;
  readonly client_us_per_delivery: number;
  readonly join_s: number;
}

/**
 * Two bounds from below, and whichever is higher. The processors have to do all the work, sooner or later: with few
 * hosts a part of it comes after the last delivery, with many there is no later. And what makes a host wait with few
 * hosts does not get faster with many.
 */
export function predict(costs: DesignCosts, hosts: number, cores: number): Prediction {
  const { wallUs, brokerUs, clientUs, joinUs, tail } = costs;
  const usPerHost = Math.max(wallUs.slope, (brokerUs.slope + clientUs.slope) / cores);
  const lastMs = (wallUs.base + usPerHost * hosts) / 1_000;
  return {
    last_ms_p50: lastMs,
    last_ms_p99: lastMs * tail,
    broker_us_per_delivery: at(brokerUs, hosts) / hosts,
    client_us_per_delivery: at(clientUs, hosts) / hosts,
    join_s: at(joinUs, hosts) / 1e6,
  };
}
