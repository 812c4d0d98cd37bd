import { PlatformError } from '../core/errors.ts';
import type { Store } from '../core/store/port.ts';

/** What the service needs to be ready, in the terms of `HealthServerOptions`. */
export function serverChecks(
  store: Pick<Store, 'ping'>,
  /** Throws when the home cluster does not answer. */
  askHome: () => Promise<unknown>,
  isServing: () => boolean,
): Readonly<Record<'redis' | 'pulsar' | 'service', () => Promise<void> | void>> {
  return {
    redis: () => store.ping(),
    pulsar: async () => {
      await askHome();
    },
    service: () => {
      if (!isServing()) throw new PlatformError('unavailable', 'starting or stopping');
    },
  };
}
