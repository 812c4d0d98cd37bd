/** What the process of the light hosts and the bench say to each other. */

export interface FleetStart {
  /** `host:port` of the control service. */
  readonly control: string;
  readonly pulsarUrl: string;
  readonly hosts: number;
  readonly heartbeatMs: number;
}

export interface FleetOrder {
  readonly kind: 'start';
  readonly start: FleetStart;
}

export interface FleetState {
  /** Hosts that take part in a VPC. */
  readonly joined: number;
  /** Those of them that read along, and were told from where. */
  readonly reading: number;
  /** What is read along has come so far. */
  readonly revision: number;
  readonly reports: number;
}

export type FleetNews =
  | { readonly kind: 'started' }
  /** Four times a second. */
  | { readonly kind: 'state'; readonly state: FleetState }
  | { readonly kind: 'failed'; readonly reason: string };
