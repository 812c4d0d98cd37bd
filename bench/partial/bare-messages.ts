import type { Properties } from '../../core/messaging/port.ts';

/** What the process of the bare producer and the bench say to each other. */

export interface BareTarget {
  readonly partition: number;
  readonly key: string;
  readonly properties: Properties;
}

export type BareOrder =
  | {
      readonly kind: 'start';
      readonly url: string;
      readonly topic: string;
      readonly partitions: number;
      readonly targets: readonly BareTarget[];
    }
  /** One message to each target, so many times; confirmed by the broker when it is answered. */
  | { readonly kind: 'send'; readonly times: number; readonly payload: string };

export type BareNews =
  | { readonly kind: 'started' }
  /** When the client library was called first, and when the last message was confirmed; `monotonicMs()`. */
  | { readonly kind: 'sent'; readonly beganAtMs: number; readonly confirmedAtMs: number }
  | { readonly kind: 'failed'; readonly reason: string };
