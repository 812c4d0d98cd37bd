import { isDeepStrictEqual } from 'node:util';
import type { Decoded } from '../../../core/codec/records.ts';
import { notFound } from '../../../core/errors.ts';
import type { Binding, Port } from '../../../core/model/resources.ts';
import { settleBindings } from '../../port-status.ts';
import type { PortChange } from './write-ports.ts';

/** A port as a call leaves it. Revision 0 = that of the call's commit. */
export interface PortOutcome {
  readonly port: Port;
  readonly revision: number;
}

interface Page {
  readonly read: Decoded<Port>;
  /** Undefined = removed. */
  now: Port | undefined;
}

/** The ports of one call while it works on them; all of it becomes one commit, or nothing does. */
export class PortBook {
  readonly #pages = new Map<string, Page>();

  constructor(ports: readonly Decoded<Port>[]) {
    for (const port of ports) {
      const read = { ...port, value: { ...port.value, bindings: settleBindings(port) } };
      this.#pages.set(port.value.id, { read, now: read.value });
    }
  }

  get(portId: string): Port {
    return this.#page(portId).now;
  }

  set(portId: string, port: Port): void {
    const page: Page = this.#page(portId);
    page.now = port;
  }

  setBindings(portId: string, bindings: readonly Binding[]): void {
    this.set(portId, { ...this.get(portId), bindings });
  }

  remove(portId: string): void {
    const page: Page = this.#page(portId);
    page.now = undefined;
  }

  /** What the call changes in the end; what came out as it was before is no change. */
  close(nowMs: number): PortChange[] {
    for (const page of this.#pages.values()) {
      if (page.now === undefined) continue;
      if (isDeepStrictEqual(page.now, page.read.value)) page.now = page.read.value;
      else page.now = { ...page.now, updatedAtMs: nowMs };
    }
    return [...this.#pages.values()].map(({ read, now }) => ({ before: read.value, after: now }));
  }

  /** The ports that are left, in the order in which they were read. */
  outcomes(): PortOutcome[] {
    return [...this.#pages.values()].flatMap(({ read, now }) =>
      now === undefined ? [] : [{ port: now, revision: now === read.value ? read.revision : 0 }],
    );
  }

  #page(portId: string): Page & { now: Port } {
    const page = this.#pages.get(portId);
    if (page?.now === undefined) throw notFound('port', portId);
    return page as Page & { now: Port };
  }
}
