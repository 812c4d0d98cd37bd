import type { Costs } from './costs.ts';

/** Consumers of brokers that are gone come back to the others. */
export interface Storm {
  readonly consumers: number;
  /** On how many brokers they come back. */
  readonly onto: number;
  /** As fast as the bench machine, clients and all, for each broker. */
  readonly seconds_as_measured: number;
  /** With all cores of a broker, and the clients' work done elsewhere. */
  readonly seconds_if_it_scales: number;
}

/** `joinUs`: for each consumer, broker and clients together on a machine with `cores`. */
export function stormOf(
  consumers: number,
  onto: number,
  joinUs: number,
  { cores, costs }: { readonly cores: number; readonly costs: Costs },
): Storm {
  const perBroker = consumers / onto;
  const brokerUs = joinUs * cores * costs.broker_share_of_joining;
  return {
    consumers,
    onto,
    seconds_as_measured: (perBroker * joinUs) / 1e6,
    seconds_if_it_scales: (perBroker * brokerUs) / costs.broker_cores / 1e6,
  };
}
