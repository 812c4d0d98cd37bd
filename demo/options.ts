import { parseArgs } from 'node:util';

export interface DemoOptions {
  readonly hosts: number;
  readonly vpcs: number;
  readonly vms: number;
  readonly json: boolean;
  /** Undefined = the embedded bus and store. */
  readonly services: 'started' | { pulsarUrl: string; pulsarAdminUrl: string; redisUrl: string } | undefined;
}

export const usage = `npm run demo -- [options]: the life of a small cloud, in one process
  --hosts N      hosts, each with an agent (default 60)
  --vpcs N       VPCs; the first is large enough to be partitioned (default 8)
  --vms N        virtual machines (default 400)
  --services     on a real Pulsar and Redis, as npm run services brings them up
  --pulsar URL --pulsar-admin URL --redis URL    on somebody else's
  --json         one JSON object on stdout and nothing else there`;

export function readOptions(args: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      hosts: { type: 'string', default: '60' },
      vpcs: { type: 'string', default: '8' },
      vms: { type: 'string', default: '400' },
      services: { type: 'boolean', default: false },
      pulsar: { type: 'string' },
      'pulsar-admin': { type: 'string' },
      redis: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  });
  const { pulsar, 'pulsar-admin': pulsarAdmin, redis } = values;
  const named = [pulsar, pulsarAdmin, redis].filter((url) => url !== undefined).length;
  if (named !== 0 && named !== 3) throw new Error('--pulsar, --pulsar-admin and --redis go together');
  return {
    hosts: count('hosts', values.hosts, 2, 100_000),
    vpcs: count('vpcs', values.vpcs, 1, 100_000),
    vms: count('vms', values.vms, 1, 1_000_000),
    json: values.json,
    services:
      pulsar !== undefined && pulsarAdmin !== undefined && redis !== undefined
        ? { pulsarUrl: pulsar, pulsarAdminUrl: pulsarAdmin, redisUrl: redis }
        : values.services
          ? 'started'
          : undefined,
  };
}

function count(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`--${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}
