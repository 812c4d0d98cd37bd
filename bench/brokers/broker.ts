import type { Watched } from '../processor-time.ts';

/** Somebody else's broker, running for a measurement. */
export interface Broker {
  /** For clients. */
  readonly url: string;
  readonly processes: readonly Watched[];
  /** Where clients connect. */
  readonly ports: readonly number[];
  stop(): Promise<void>;
}
