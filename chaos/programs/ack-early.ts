import type { Journal, JournalFactory } from '../../agent/journal/journal.ts';

/** How long what is said to be durable is in memory only. */
const LAG_MS = 3_000;

/** A seeded bug: the journal says that effects are durable before it writes them. */
export function ackEarly(factory: JournalFactory): JournalFactory {
  return async (live) => {
    const opened = await factory(live);
    const waiting = new Set<NodeJS.Timeout>();
    const journal: Journal = {
      append: (effects) => {
        const timer = setTimeout(() => {
          waiting.delete(timer);
          // Refused only by a closed journal, and nobody waits for it.
          opened.journal.append(effects).catch(() => undefined);
        }, LAG_MS);
        waiting.add(timer);
        return Promise.resolve();
      },
      flushed: () => Promise.resolve(),
      close: () => {
        for (const timer of waiting) clearTimeout(timer);
        return opened.journal.close();
      },
    };
    return { ...opened, journal };
  };
}
