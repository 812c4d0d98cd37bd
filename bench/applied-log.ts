import type { AppliedRevision } from './agents-messages.ts';

/** One host took the VPC's state up to the revision; in the order in which it happened. */
export interface Applied {
  readonly revision: number;
  readonly atMs: number;
}

const NOTHING: readonly Applied[] = [];

/** What the agents tell of their progress, by VPC and host. */
export class AppliedLog {
  readonly #byVpc = new Map<string, Map<string, Applied[]>>();
  #count = 0;

  /** Of everything. */
  get count(): number {
    return this.#count;
  }

  add([hostId, vpcId, revision, atMs]: AppliedRevision): void {
    this.#count++;
    let hosts = this.#byVpc.get(vpcId);
    if (hosts === undefined) this.#byVpc.set(vpcId, (hosts = new Map<string, Applied[]>()));
    const applied = hosts.get(hostId);
    if (applied === undefined) hosts.set(hostId, [{ revision, atMs }]);
    else applied.push({ revision, atMs });
  }

  of(vpcId: string, hostId: string): readonly Applied[] {
    return this.#byVpc.get(vpcId)?.get(hostId) ?? NOTHING;
  }

  /** 0 = nothing was applied yet. */
  newest(vpcId: string, hostId: string): number {
    return this.of(vpcId, hostId).at(-1)?.revision ?? 0;
  }

  /** How many of the hosts are at the revision or above it. */
  reached(vpcId: string, hosts: readonly { readonly id: string }[], revision: number): number {
    return hosts.filter(({ id }) => this.newest(vpcId, id) >= revision).length;
  }
}
