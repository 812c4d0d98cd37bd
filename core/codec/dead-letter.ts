import type { IncomingMessage, OutgoingMessage, Properties } from '../messaging/port.ts';

/** A message that its receiver could not use, kept for whoever looks into it. Nobody subscribes to these. */
export interface DeadLetter {
  /** Who could not use it: a host's id, or the name of a control service or infrastructure node. */
  readonly reporter: string;
  /** Where it came in, in the reporter's words: `host lane`, `slot <vpc>/<epoch>`, `work`, `status`. */
  readonly lane: string;
  readonly reason: string;
  readonly message: Pick<IncomingMessage, 'properties' | 'payload'>;
}

/** What is kept of a message, so that one dead letter is small whatever it came from. */
const MAX_PAYLOAD = 64 * 1024;
const MAX_PROPERTIES = 32;
const MAX_TEXT = 1_000;

/** The message's own properties go along as `original.<name>`; texts and payload are cut to a length. */
export function encodeDeadLetter({ reporter, lane, reason, message }: DeadLetter): OutgoingMessage {
  const original = Object.entries(message.properties)
    .slice(0, MAX_PROPERTIES)
    .map(([name, value]) => [`original.${shortened(name)}`, shortened(value)]);
  const properties: Properties = {
    ...Object.fromEntries<string>(original as [string, string][]),
    reporter,
    lane,
    reason: shortened(reason),
    bytes: String(message.payload.length),
  };
  return { properties, payload: message.payload.subarray(0, MAX_PAYLOAD) };
}

function shortened(text: string): string {
  return text.slice(0, MAX_TEXT);
}
