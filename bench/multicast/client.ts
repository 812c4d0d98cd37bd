import type { ClientStart } from './messages.ts';

/** What a design does in the processes of clients that are written in TypeScript. */
export interface DesignClient {
  /** Resolves when all of them listen. */
  attach(hosts: Hosts): Promise<void>;
  openPublisher(start: ClientStart): Promise<Publish>;
}

export interface Hosts extends Omit<ClientStart, 'role'> {
  /** Those of this process. */
  readonly indexes: readonly number[];
  /** Decodes and counts what a host got. */
  readonly received: (host: number, payload: string) => void;
  /** Of something that was under way: the point cannot be measured. */
  readonly fail: (error: unknown) => void;
}

/** Resolves when the broker has it, or with a design that copies, all of it. */
export type Publish = (payload: string) => Promise<void>;

/** The connection that a host shares with others of its process. */
export function connectionOf(
  position: number,
  { hostsPerConnection }: { readonly hostsPerConnection: number },
): number {
  return Math.floor(position / hostsPerConnection);
}

export function partitionsFor(hosts: number, hostsPerPartition: number): number {
  return Math.ceil(hosts / hostsPerPartition);
}
