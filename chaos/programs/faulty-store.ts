import type { Advance, Store } from '../../core/store/port.ts';

/** The store with one of the bugs that are seeded in infrastructure nodes. */
export function faultyStore(store: Store, bug: string): Store {
  switch (bug) {
    case 'tombstones':
      return withoutTombstones(store);
    case 'fencing':
      return withoutFencing(store);
    default:
      throw new Error(`an infrastructure node has no bug ${JSON.stringify(bug)}`);
  }
}

/** Removals leave nothing behind in the log. */
function withoutTombstones(store: Store): Store {
  return {
    ...store,
    changes: async (scope, after, limit) => {
      const page = await store.changes(scope, after, limit);
      return { ...page, changes: page.changes.filter(({ body }) => body !== undefined) };
    },
  };
}

/** A turn that was overtaken advances all the same, and takes itself for the one that did everything up to now. */
function withoutFencing(store: Store): Store {
  return {
    ...store,
    advance: async (advance: Advance) => {
      if (await store.advance(advance)) return true;
      const { token, revision } = await store.beginDispatch(advance.scope);
      return store.advance({ ...advance, token, dispatched: revision, sentAll: revision });
    },
  };
}
