import { PlatformError } from '../../core/errors.ts';
import type { MessageBus } from '../../core/messaging/port.ts';

export interface WatchedBus extends MessageBus {
  /** Throws while what is sent does not reach the broker. Knows nothing as long as nothing is sent. */
  checkSending(): void;
}

/**
 * Tells from a program's own messages whether its broker is there: many hosts shall not probe one broker. What it says
 * is as old as the last message, so the program is to have a heartbeat.
 */
export function watchBus(bus: MessageBus, lateMs = 2_000, now = () => performance.now()): WatchedBus {
  const begun = new Set<{ readonly atMs: number }>();
  let failure: PlatformError | undefined;
  const watch = async (send: () => Promise<void>): Promise<void> => {
    const sending = { atMs: now() };
    begun.add(sending);
    try {
      await send();
      failure = undefined;
    } catch (error) {
      failure = PlatformError.from(error);
      throw error;
    } finally {
      begun.delete(sending);
    }
  };
  return {
    sendToSlot: (address, message) => watch(() => bus.sendToSlot(address, message)),
    sendByKey: (topic, partitions, key, message) =>
      watch(() => bus.sendByKey(topic, partitions, key, message)),
    subscribeSlot: (options) => bus.subscribeSlot(options),
    subscribeGroup: (options) => bus.subscribeGroup(options),
    close: () => bus.close(),
    checkSending: () => {
      if (failure !== undefined) throw failure;
      const [oldest] = begun;
      const waitedMs = oldest === undefined ? 0 : Math.round(now() - oldest.atMs);
      if (waitedMs > lateMs) {
        throw new PlatformError('unavailable', `the broker has not confirmed a message for ${waitedMs} ms`);
      }
    },
  };
}
