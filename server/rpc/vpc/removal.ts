import type { RecordKey } from '../../../core/store/port.ts';

/** Unlogged record in a VPC's scope: the VPC was deleted, but its topic and its ids are not free yet. */
export interface Removal {
  readonly vni: number;
  readonly projectId: string;
}

export const removalKey: RecordKey = 'removal/vpc';
