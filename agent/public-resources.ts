import { decodeBody, decodeHeader } from '../core/codec/envelope.ts';
import type { SnapshotHeader } from '../core/codec/envelope.ts';
import { PlatformError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { IncomingMessage } from '../core/messaging/port.ts';
import { splitScope } from '../core/model/keys.ts';
import type { Entry } from '../core/model/view.ts';
import type { Acknowledger } from './acknowledger.ts';
import type { Counters } from './ports.ts';
import type { Replicas } from './replicas.ts';

export interface PublicResourcesDeps {
  readonly replicas: Replicas;
  readonly acknowledger: Acknowledger;
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

  async receive(message: IncomingMessage): Promise<void> {
    if (this.#isDraining) return;
    const { replicas, acknowledger, counters, logger } = this.#deps;
    try {
      const { header, entries } = decode(message);
      const outcome = await replicas.inTurn(header.scope, () => replicas.snapshot(header, entries));
      if (outcome !== 'applied') counters.stale++;
    } catch (error) {
      counters.poison++;
      logger.error('a public resource cannot be understood', { key: message.key, error });
    }
    await acknowledger.done([message]);
  }

  drain(): void {
    this.#isDraining = true;
  }
}

function decode(message: IncomingMessage): { header: SnapshotHeader; entries: readonly Entry[] } {
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
