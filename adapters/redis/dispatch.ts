import type { ScopeStore } from '../../core/store/port.ts';
import type { RedisConnection } from './connection.ts';
import type { Layout } from './layout.ts';
import { statusOf } from './records.ts';
import { integer, list } from './reply.ts';

export type Dispatch = Pick<ScopeStore, 'beginDispatch' | 'sent' | 'advance' | 'marks' | 'reincarnate'>;

export function dispatch(connection: RedisConnection, layout: Layout): Dispatch {
  return {
    async beginDispatch(scope) {
      const [token, status] = list(
        await connection.run('vpcastBeginDispatch', [layout.scope(scope).meta], []),
      );
      return { ...statusOf(status), token: integer(token) };
    },

    async sent(scope, receivers) {
      const { meta, sent } = layout.scope(scope);
      const [base, own] = list(await connection.run('vpcastSent', [meta, sent], receivers));
      return list(own).map((revision) => integer(revision ?? base));
    },

    async advance({ scope, token, dispatched, sent, sentAll, forget = [], mark }) {
      const keys = layout.scope(scope);
      const contents = [token, dispatched, sentAll ?? '', mark ?? '', forget.length, ...forget];
      const all = [...contents, ...[...sent].flat()];
      return (await connection.run('vpcastAdvance', [keys.meta, keys.sent, keys.marks], all)) === 1;
    },

    async marks(scope) {
      return list(await connection.command('ZRANGE', [layout.scope(scope).marks, 0, -1])).map(integer);
    },

    async reincarnate(scope, incarnation) {
      const { meta, sent, marks, rep } = layout.scope(scope);
      const keys = [meta, sent, marks, rep];
      return (await connection.run('vpcastReincarnate', keys, [incarnation, incarnation + 1])) === 1;
    },
  };
}
