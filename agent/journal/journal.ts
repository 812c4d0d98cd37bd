import type { Effect } from '../state.ts';

/** Where the host's state survives. */
export interface Journal {
  /** Takes effects that belong together: all of them survive or none. Resolves when they would survive a power cut. */
  append(effects: readonly Effect[]): Promise<void>;
  /** Resolves when everything appended so far is durable. */
  flushed(): Promise<void>;
  /** Finishes what was appended. */
  close(): Promise<void>;
}

export interface OpenedJournal {
  readonly journal: Journal;
  /** What it holds, in order. */
  readonly effects: readonly Effect[];
  /** Something at its end was unreadable and is lost; what is held may be older than what was acknowledged. */
  readonly cut: boolean;
}

/** `live` is the whole state at the time of the call; a journal that has grown long starts anew from it. */
export type JournalFactory = (live: () => Iterable<Effect>) => Promise<OpenedJournal>;
