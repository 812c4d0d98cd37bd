import type { MessageBus } from '../core/messaging/port.ts';

/** The bus with other methods in place of some; it may be an object of a class, whose methods a spread would lose. */
export function overriddenBus(bus: MessageBus, methods: Partial<MessageBus>): MessageBus {
  return {
    sendToSlot: (address, message) => bus.sendToSlot(address, message),
    sendByKey: (topic, partitions, key, message) => bus.sendByKey(topic, partitions, key, message),
    publish: (to, message) => bus.publish(to, message),
    read: (options) => bus.read(options),
    subscribeSlot: (options) => bus.subscribeSlot(options),
    subscribeGroup: (options) => bus.subscribeGroup(options),
    close: () => bus.close(),
    ...methods,
  };
}
