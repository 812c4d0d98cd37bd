import type { Body, SnapshotHeader } from '../core/codec/envelope.ts';
import type { IncomingMessage } from '../core/messaging/port.ts';
import type { Assignment } from '../core/model/resources.ts';
import type { Entry } from '../core/model/view.ts';

export interface Collected {
  /** Undefined while parts are missing. */
  readonly snapshot: { readonly entries: readonly Entry[]; readonly assignment?: Assignment } | undefined;
  /** Messages to acknowledge once what was made of them is durable. */
  readonly done: readonly IncomingMessage[];
  /** The message belongs to nothing that can become whole. */
  readonly isStray: boolean;
}

interface Open {
  readonly header: SnapshotHeader;
  readonly parts: Map<number, Body>;
  messages: IncomingMessage[];
}

/**
 * Puts snapshots together. Each lane of a scope has at most one under way: a newer one takes the place of an older one,
 * which will not be missed.
 */
export class SnapshotParts {
  readonly #open = new Map<string, Open>();

  add(lane: string, header: SnapshotHeader, body: Body, message: IncomingMessage): Collected {
    if (header.parts === 1) {
      return { snapshot: body, done: [...this.forget(lane, header), message], isStray: false };
    }
    const key = `${lane} ${header.scope}`;
    let open = this.#open.get(key);
    const order = open === undefined ? 1 : compare(header, open.header);
    // Parts come in order, and again from the first one that was not acknowledged: one that is missing never comes.
    if (order < 0 || (order > 0 && header.part > 0)) {
      return { snapshot: undefined, done: [message], isStray: true };
    }
    const dropped: IncomingMessage[] = [];
    if (open === undefined || order > 0) {
      dropped.push(...(open?.messages ?? []));
      open = { header, parts: new Map(), messages: [] };
      this.#open.set(key, open);
    }
    open.parts.set(header.part, body);
    open.messages.push(message);
    if (open.parts.size < header.parts) {
      return { snapshot: undefined, done: dropped, isStray: false };
    }
    this.#open.delete(key);
    const bodies = Array.from({ length: header.parts }, (_, part) => open.parts.get(part));
    const assignment = bodies[0]?.assignment;
    return {
      snapshot: {
        entries: bodies.flatMap((each) => each?.entries ?? []),
        ...(assignment === undefined ? {} : { assignment }),
      },
      done: [...dropped, ...open.messages],
      isStray: false,
    };
  }

  /** Gives up what a newer snapshot makes useless. */
  forget(lane: string, header: SnapshotHeader): readonly IncomingMessage[] {
    const key = `${lane} ${header.scope}`;
    const open = this.#open.get(key);
    if (open === undefined || compare(header, open.header) < 0) return [];
    this.#open.delete(key);
    return open.messages;
  }

  /** Gives up what is under way on a lane. */
  forgetLane(lane: string): readonly IncomingMessage[] {
    return [...this.#open].flatMap(([key, open]) => {
      if (!key.startsWith(`${lane} `)) return [];
      this.#open.delete(key);
      return open.messages;
    });
  }
}

/** By the turns that sent them: a later one read a later state. */
function compare(one: SnapshotHeader, other: SnapshotHeader): number {
  return one.incarnation - other.incarnation || one.turn - other.turn;
}
