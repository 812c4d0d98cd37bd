import type { LogLevel } from '../../adapters/process/logger.ts';
import type { RecordKey } from '../../core/store/port.ts';

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

/** What a process of agents answers: by host and VPC, what `Agent.view` has and at which revision. */
export type HeldAnswer = Readonly<Record<string, Readonly<Record<string, HeldVpc>>>>;
export interface HeldVpc {
  readonly revision: number;
  readonly entries: readonly (readonly [key: RecordKey, revision: number, body: string])[];
}
