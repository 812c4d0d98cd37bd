import type { ControlCallOptions, ControlClient } from '../../adapters/grpc/methods.ts';
import type { Changes } from '../model/ledger.ts';
import type { Thing, Vpc } from './world.ts';

/** A write, planned in full: repeats of the call are the same call. */
export interface Operation {
  readonly name: string;
  /** A call that deletes a resource. */
  readonly deletes: boolean;
  readonly vpc: Vpc;
  /** What is written to; nothing else writes to it until the end is known. */
  readonly thing: Thing;
  readonly changes: Changes;
  readonly call: (client: ControlClient, requestId: string, options: ControlCallOptions) => Promise<unknown>;
  /** Brings the world up to date once the write is acknowledged. */
  readonly done: () => void;
  /** Takes back what planning has changed already, when the write is refused. */
  readonly undone?: () => void;
  /** Called whatever came of it, after the others. */
  readonly ended?: () => void;
}

/** How the workload names a version of a resource. */
export function versionName(version: number): string {
  return `v${version}`;
}

export function nextName(thing: Thing): string {
  return versionName(++thing.version);
}
