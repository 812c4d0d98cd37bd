import { pick, seeded } from '../random.ts';
import { UsageError } from '../usage.ts';

export type SampleKind = 'member' | 'joining';

/** A port of the VPC is bound on the host; both by index. */
export interface Placement {
  readonly vpc: number;
  readonly host: number;
}

export interface PlannedSample extends Placement {
  readonly kind: SampleKind;
}

export interface PlanOptions {
  readonly hosts: number;
  readonly vpcs: number;
  /** Hosts that each VPC begins with. */
  readonly membersPerVpc: number;
  readonly samples: number;
  readonly seed: number;
}

export interface Plan {
  readonly members: readonly Placement[];
  readonly samples: readonly PlannedSample[];
}

/**
 * Takes turns between a VPC's first members and hosts that no earlier sample has made a member; VPCs and hosts are drawn
 * at random, so that now and then two samples meet in one VPC, as they would.
 */
export function planBoots({ hosts, vpcs, membersPerVpc, samples, seed }: PlanOptions): Plan {
  const joins = Math.ceil(samples / 2);
  if (joins + vpcs * membersPerVpc > 0.9 * vpcs * hosts) {
    throw new UsageError(`${hosts} agents are too few for ${joins} hosts to join one of ${vpcs} VPCs anew`);
  }
  const random = seeded(seed);
  const all = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
  const hostIndexes = all(hosts);
  const taking = all(vpcs).map(() => new Set<number>());
  const join = (vpc: number): Placement | undefined => {
    const outside = hostIndexes.filter((host) => taking[vpc]?.has(host) === false);
    if (outside.length === 0) return undefined;
    const host = pick(outside, random);
    taking[vpc]?.add(host);
    return { vpc, host };
  };
  const members = all(vpcs).map((vpc) => all(membersPerVpc).flatMap(() => join(vpc) ?? []));
  const planned: PlannedSample[] = [];
  while (planned.length < samples) {
    const vpc = Math.floor(random() * vpcs);
    if (planned.length % 2 === 0) {
      planned.push({ kind: 'member', ...pick(members[vpc] ?? [], random) });
    } else {
      const joining = join(vpc);
      if (joining !== undefined) planned.push({ kind: 'joining', ...joining });
    }
  }
  return { members: members.flat(), samples: planned };
}
