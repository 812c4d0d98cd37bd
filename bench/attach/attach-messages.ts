/** What the process of the clients and the bench say to each other. */

export type Kind = 'reader' | 'consumer';

export type AttachOrder =
  | { readonly kind: 'start'; readonly url: string; readonly clients: number }
  /** So many of the kind, on the topic's partitions in turn. */
  | {
      readonly kind: 'attach';
      readonly what: Kind;
      readonly topic: string;
      readonly partitions: number;
      readonly count: number;
    }
  /** All that is attached. */
  | { readonly kind: 'detach' };

export type AttachNews = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly reason: string };
