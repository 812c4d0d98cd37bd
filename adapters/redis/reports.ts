import type { Report, Scope, ScopeStore } from '../../core/store/port.ts';
import type { RedisConnection } from './connection.ts';
import type { Layout } from './layout.ts';
import { heads, integer, list, optionalText, text } from './reply.ts';

export type Reports = Pick<ScopeStore, 'putReport' | 'renewReport' | 'reports' | 'forgetReport'>;

export function reports(connection: RedisConnection, layout: Layout): Reports {
  const run = (
    script: 'vpcastPutReport' | 'vpcastRenewReport',
    scope: Scope,
    { reporter, incarnation, epoch, revision, body }: Report,
  ): Promise<unknown> => {
    const { meta, rep, sent } = layout.scope(scope);
    return connection.run(script, [meta, rep, sent], [reporter, incarnation, epoch, revision, body]);
  };

  return {
    async putReport(scope, report) {
      const [kept, behind] = list(await run('vpcastPutReport', scope, report));
      return { kept: kept === 1, behind: behind === 1 };
    },

    async renewReport(scope, report) {
      const behind = await run('vpcastRenewReport', scope, report);
      return behind === null ? undefined : { behind: behind === 1 };
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
  const [incarnation, epoch, revision, body] = heads(value, 3);
  return {
    reporter,
    incarnation: integer(incarnation),
    epoch: integer(epoch),
    revision: integer(revision),
    body: text(body),
  };
}
