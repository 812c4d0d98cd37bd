/** Listings of VPCs. They are hints, written before the VPC is: readers check that it exists. */
export const vpcCatalogs = {
  all: 'vpc',
  project: (projectId: string): string => `vpc@${projectId}`,
  /** Deleted ones with something left to clear away. */
  removed: 'vpc-removal',
  /** Those that hosts are being moved to another lane of. */
  moved: 'vpc-move',
} as const;
