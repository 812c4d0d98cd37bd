import { PlatformError } from '../errors.ts';
import type { OutgoingMessage, Properties } from '../messaging/port.ts';
import type { Scope } from '../store/port.ts';
import { digits } from './digits.ts';
import { isScope } from './scope.ts';

/** A task for the infrastructure nodes, keyed by its scope. */
export type Work =
  /** The scope's log is ahead of what was dispatched; urgent = by something that should not wait for company. */
  | { readonly kind: 'dispatch'; readonly scope: Scope; readonly urgent?: true }
  /** A host that was held back has reported: it may be due for what it was not sent. */
  | { readonly kind: 'resume'; readonly scope: Scope }
  /** A host lacks something of the scope and needs a snapshot. */
  | { readonly kind: 'resync'; readonly scope: Scope; readonly host: string; readonly epoch: number }
  /** A host needs what came after its last report. */
  | {
      readonly kind: 'tail';
      readonly scope: Scope;
      readonly host: string;
      readonly epoch: number;
      /** To be given back with the answer. */
      readonly tail: number;
    };

const nothing = Buffer.alloc(0);

export function encodeWork(work: Work): OutgoingMessage {
  const properties = Object.fromEntries(Object.entries(work).map(([name, value]) => [name, String(value)]));
  return { properties, payload: nothing };
}

export function decodeWork(properties: Properties): Work {
  const { kind, scope, host = '' } = properties;
  if (isScope(scope)) {
    if (kind === 'resume') return { kind, scope };
    if (kind === 'dispatch') {
      return { kind, scope, ...(properties['urgent'] === 'true' ? { urgent: true } : {}) };
    }
    const epoch = digits(properties['epoch'] ?? '');
    const tail = digits(properties['tail'] ?? '');
    if (host !== '' && epoch !== undefined) {
      if (kind === 'resync') return { kind, scope, host, epoch };
      if (kind === 'tail' && tail !== undefined) return { kind, scope, host, epoch, tail };
    }
  }
  throw new PlatformError('invalid_argument', `malformed work ${JSON.stringify(properties).slice(0, 500)}`);
}
