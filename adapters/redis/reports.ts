import type { Report, ScopeStore } from '../../core/store/port.ts';
import type { RedisConnection } from './connection.ts';
import type { Layout } from './layout.ts';
import { heads, integer, list, optionalText, text } from './reply.ts';

export type Reports = Pick<ScopeStore, 'putReport' | 'reports' | 'forgetReport'>;

export function reports(connection: RedisConnection, layout: Layout): Reports {
  return {
    async putReport(scope, { reporter, epoch, revision, body }) {
      const { meta, rep } = layout.scope(scope);
      return (await connection.run('vpcastPutReport', [meta, rep], [reporter, epoch, revision, body])) === 1;
    },

    async reports(scope, reporters) {
      if (reporters.length === 0) return [];
      const values = list(await connection.command('HMGET', [layout.scope(scope).rep, ...reporters]));
      return reporters.map((reporter, index) => reportOf(reporter, optionalText(values[index])));
    },

    async forgetReport(scope, reporter, epoch) {
      await connection.run('vpcastForgetReport', [layout.scope(scope).rep], [reporter, epoch]);
    },
  };
}

function reportOf(reporter: string, value: string | undefined): Report | undefined {
  if (value === undefined) return undefined;
  const [epoch, revision, body] = heads(value, 2);
  return { reporter, epoch: integer(epoch), revision: integer(revision), body: text(body) };
}
