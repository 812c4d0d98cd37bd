import type { LogLevel } from '../../adapters/process/logger.ts';

/** The variable that tells a process of agents what it is. */
export const AGENTS_VARIABLE = 'VPCAST_CHAOS_AGENTS';

export interface AgentsConfig {
  readonly hosts: readonly { readonly id: string; readonly vtepIp: string }[];
  readonly control: readonly string[];
  /** In place of what the servers name, which is their own way to the broker. */
  readonly serviceUrl: string;
  readonly stateDirectory: string;
  readonly observationsFile: string;
  readonly readyFile: string;
  readonly logLevel: LogLevel;
  readonly ackEarly: boolean;
}

/** What a process of agents answers on `/held`: by host and VPC, what `Agent.view` has. */
export type HeldAnswer = Readonly<Record<string, Readonly<Record<string, readonly HeldEntry[]>>>>;
export type HeldEntry = readonly [key: `${string}/${string}`, revision: number, body: string];
