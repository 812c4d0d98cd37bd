/** What a process of bare consumers and the bench say to each other. */

export interface BareStart {
  readonly pulsarUrl: string;
  readonly subscription: string;
  readonly clients: number;
  readonly consumers: readonly { readonly topic: string; readonly slot: number }[];
}

export interface BareOrder {
  readonly kind: 'start';
  readonly start: BareStart;
}

export type BareNews = { readonly kind: 'started' } | { readonly kind: 'failed'; readonly reason: string };
