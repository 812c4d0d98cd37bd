import type { Effect } from '../state.ts';
import type { Journal, JournalFactory } from './journal.ts';

/** Stands for a disk: pass the same one again to restart an agent where it was. */
export interface MemoryDisk {
  effects: Effect[];
}

const COMPACT_ABOVE = 1_024;

/** Everything is durable at once, as long as the process lives. For tests and simulations. */
export function memoryJournal(disk: MemoryDisk = { effects: [] }): JournalFactory {
  return (live) => {
    let limit = COMPACT_ABOVE;
    const journal: Journal = {
      append(effects) {
        disk.effects.push(...effects);
        if (disk.effects.length > limit) {
          disk.effects = [...live()];
          limit = Math.max(COMPACT_ABOVE, 2 * disk.effects.length);
        }
        return Promise.resolve();
      },
      flushed: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
    return Promise.resolve({ journal, effects: [...disk.effects], cut: false });
  };
}
