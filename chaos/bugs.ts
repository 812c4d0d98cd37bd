/** Seeded from outside, by decorating ports, to see that the harness finds them. */
export const bugs = ['tombstones', 'fencing', 'ack-early'] as const;
export type Bug = (typeof bugs)[number];

/** The variable that tells `programs/infra-node.ts` which of its bugs it has. */
export const BUG_VARIABLE = 'VPCAST_CHAOS_BUG';
