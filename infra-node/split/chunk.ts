import type { Timed } from '../../core/codec/properties.ts';
import type { CopiesLane, Member } from '../../core/model/resources.ts';
import type { Scope } from '../../core/store/port.ts';
import type { Payloads } from '../encoded-entries.ts';

/** Changes, encoded for any host. */
export interface HostPayloads {
  /** Bytes, roughly. */
  readonly largestPart: number;
  for(host: string): Payloads;
}

/** What goes to one host: a copy of the range that begins at `from`. */
export interface HostCopy {
  readonly member: Member;
  readonly from: number;
  readonly ask: boolean;
}

/** What the copies of one page of a turn have in common. */
export interface CopyTask extends Timed {
  readonly scope: Scope;
  /** Token of the turn. */
  readonly turn: number;
  readonly incarnation: number;
  readonly to: number;
  readonly lane: CopiesLane;
  readonly entries: HostPayloads;
}

/** A task for some of its hosts; all that a node needs to know to send their copies. */
export interface Chunk extends CopyTask {
  readonly copies: readonly HostCopy[];
}

/** Sends a large task together with the nodes that are there. */
export interface Splitter {
  /**
   * `sendHere` sends one copy from this node, and resolves when it has a place. Resolves when all other copies are with
   * the broker.
   */
  send(
    task: CopyTask,
    copies: readonly HostCopy[],
    sendHere: (copy: HostCopy) => Promise<void>,
  ): Promise<void>;
}

export function cut(task: CopyTask, copies: readonly HostCopy[], hosts: number): Chunk[] {
  return Array.from({ length: Math.ceil(copies.length / hosts) }, (_, n) => ({
    ...task,
    copies: copies.slice(n * hosts, (n + 1) * hosts),
  }));
}
