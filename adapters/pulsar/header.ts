import type { Message } from 'pulsar-client';
import { isObject } from '../../core/codec/shapes.ts';
import type { Properties } from '../../core/messaging/port.ts';

/**
 * Properties travel as one property of the broker's, in JSON: the addon and the client convert each one by itself, at
 * both ends.
 */
const NAME = 'vpcast';

export function writeHeader(properties: Properties): Record<string, string> {
  return { [NAME]: JSON.stringify(properties) };
}

/** Nothing, if somebody else sent it: whoever needs something of it finds that missing. */
export function readHeader(message: Pick<Message, 'getProperties'>): Properties {
  const text = message.getProperties()[NAME];
  if (text === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    return isProperties(parsed) ? parsed : {};
  } catch {
    return {};
  }
}

function isProperties(value: unknown): value is Properties {
  return isObject(value) && Object.values(value).every((each) => typeof each === 'string');
}
