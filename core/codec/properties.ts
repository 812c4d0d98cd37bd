/** What the headers of messages have in common: numbers, flags and names as text. */
import { PlatformError } from '../errors.ts';
import type { Properties } from '../messaging/port.ts';
import { digits } from './digits.ts';

export interface Part {
  /** Token of the turn that sent it; parts of different turns do not make one message. */
  readonly turn: number;
  /** 0-based; a message too large for one frame is sent in parts, in order. */
  readonly part: number;
  readonly parts: number;
}

export function encodeProperties(header: object): Properties {
  return Object.fromEntries(Object.entries(header).map(([name, value]) => [name, String(value)]));
}

export function decodePart(properties: Properties): Part {
  const result = {
    turn: integer(properties, 'turn'),
    part: integer(properties, 'part'),
    parts: integer(properties, 'parts'),
  };
  if (result.part >= result.parts)
    throw new PlatformError('invalid_argument', 'message with a part beyond the last');
  return result;
}

/** For whoever measures; replays have none. */
export interface Timed {
  /** When the oldest change that it brings was committed, roughly: milliseconds since the epoch, by another machine's clock. */
  readonly sinceMs?: number;
}

/** As properties: what is not known is left out. */
export function timed(sinceMs: number | undefined): Timed {
  return sinceMs === undefined ? {} : { sinceMs };
}

export function decodeTimed(properties: Properties): Timed {
  return properties['sinceMs'] === undefined ? {} : { sinceMs: integer(properties, 'sinceMs') };
}

export function text(properties: Properties, name: string): string {
  const value = properties[name];
  if (value === undefined || value === '')
    throw new PlatformError('invalid_argument', `message without ${name}`);
  return value;
}

export function flag(properties: Properties, name: string): boolean {
  const value = text(properties, name);
  if (value !== 'true' && value !== 'false') {
    throw new PlatformError('invalid_argument', `message with a bad ${name}`);
  }
  return value === 'true';
}

export function integer(properties: Properties, name: string): number {
  const value = digits(text(properties, name));
  if (value === undefined) throw new PlatformError('invalid_argument', `message with a bad ${name}`);
  return value;
}
