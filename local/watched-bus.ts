import type { IncomingMessage, MessageBus, MessageHandler } from '../core/messaging/port.ts';
import { overriddenBus } from './overridden-bus.ts';

/** The bus, with `around` in place of the handler of what comes in by the given ways. */
export function watchedBus(
  bus: MessageBus,
  ways: readonly ('slots' | 'readers')[],
  around: (message: IncomingMessage, handler: MessageHandler) => Promise<void>,
): MessageBus {
  const watched = <Options extends { readonly handler: MessageHandler }>(options: Options): Options => ({
    ...options,
    handler: (message: IncomingMessage) => around(message, options.handler),
  });
  return overriddenBus(bus, {
    read: (options) => bus.read(ways.includes('readers') ? watched(options) : options),
    subscribeSlot: (options) => bus.subscribeSlot(ways.includes('slots') ? watched(options) : options),
  });
}
