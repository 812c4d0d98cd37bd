import { count, countsIn, parseOptions } from '../usage.ts';

export interface AttachOptions {
  readonly json: boolean;
  readonly sizes: readonly number[];
  readonly rounds: number;
  readonly clients: number;
}

export const attachUsage = `  attach           processor time of the broker for a reader, and for a sticky consumer, that comes and goes
    --sizes N,...    that come at a time (default 100,1000,3000)
    --rounds N       of all sizes; the figures are medians (default 3)
    --clients N      Pulsar clients, and so connections, that they share (default 20)`;

export function readAttachOptions(args: readonly string[]): AttachOptions {
  const values = parseOptions(args, {
    json: { type: 'boolean', default: false },
    sizes: { type: 'string', default: '100,1000,3000' },
    rounds: { type: 'string', default: '3' },
    clients: { type: 'string', default: '20' },
  });
  return {
    json: values.json,
    sizes: countsIn('sizes', values.sizes, 1, 20_000),
    rounds: count('rounds', values.rounds, 1, 100),
    clients: count('clients', values.clients, 1, 1_000),
  };
}
