import { decodeBody, decodeHeader } from '../core/codec/envelope.ts';
import type { SnapshotHeader } from '../core/codec/envelope.ts';
import { PlatformError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { DeadLetters } from '../core/messaging/dead-letters.ts';
import type { IncomingMessage } from '../core/messaging/port.ts';
import { splitScope } from '../core/model/keys.ts';
import type { Entry } from '../core/model/view.ts';
import type { Acknowledger } from './acknowledger.ts';
import type { Delays } from './delays.ts';
import type { Counters } from './ports.ts';
import type { Replicas } from './replicas.ts';

export interface PublicResourcesDeps {
  readonly replicas: Replicas;
  readonly acknowledger: Acknowledger;
  readonly deadLetters: DeadLetters;
  readonly delays: Delays;
  readonly counters: Counters;
  readonly logger: Logger;
}

/** Resources that a group of hosts serves together: each update comes to one member, which keeps the newest it got. */
export class PublicResources {
  readonly #deps: PublicResourcesDeps;
  #isDraining = false;

  constructor(deps: PublicResourcesDeps) {
    this.#deps = deps;
  }

  async receive(message: IncomingMessage, kind: string): Promise<void> {
    if (this.#isDraining) return;
    const { replicas, acknowledger, counters } = this.#deps;
    let update: Update;
    try {
      update = decode(message);
    } catch (error) {
      this.#poison(message, kind, error);
      await acknowledger.done([message]);
      return;
    }
    const { header, entries } = update;
    const outcome = await replicas.inTurn(header.scope, () => replicas.snapshot(header, entries));
    if (outcome === 'applied') this.#deps.delays.note(header, message.sentAtMs);
    else counters.stale++;
    await acknowledger.done([message]);
  }

  drain(): void {
    this.#isDraining = true;
  }

  /** Nobody knows which resource it was of, so nobody is asked for it. */
  #poison(message: IncomingMessage, kind: string, error: unknown): void {
    const { counters, deadLetters, logger } = this.#deps;
    counters.poison++;
    logger.error('a public resource cannot be understood', { key: message.key, error });
    deadLetters.put({ lane: `public ${kind}`, message, error });
  }
}

interface Update {
  readonly header: SnapshotHeader;
  readonly entries: readonly Entry[];
}

function decode(message: IncomingMessage): Update {
  const header = decodeHeader(message.properties);
  const { entries } = decodeBody(message.payload);
  if (header.kind !== 'snapshot' || header.host !== '*' || header.parts !== 1) {
    throw new PlatformError('invalid_argument', 'not the snapshot of one resource for a group');
  }
  if (splitScope(header.scope).kind !== 'public' || entries.some((entry) => entry.key !== header.scope)) {
    throw new PlatformError('invalid_argument', 'resources of another scope');
  }
  return { header, entries };
}
