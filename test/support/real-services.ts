import type { ServiceUrls } from '../../scripts/services/up.ts';

/** The Pulsar and Redis that `npm test` brought up. A missing one is a failure: these tests never skip. */
export function realServices(): ServiceUrls {
  const read = (name: string): string => {
    const value = process.env[name];
    if (value === undefined)
      throw new Error(`${name} is not set: run npm test, or npm run services and set it`);
    return value;
  };
  return {
    pulsarUrl: read('VPCAST_PULSAR_URL'),
    pulsarAdminUrl: read('VPCAST_PULSAR_ADMIN_URL'),
    redisUrl: read('VPCAST_REDIS_URL'),
  };
}
