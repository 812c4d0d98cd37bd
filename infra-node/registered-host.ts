import { decodeRecord } from '../core/codec/records.ts';
import type { Decoded } from '../core/codec/records.ts';
import { PlatformError } from '../core/errors.ts';
import { keys, scopes } from '../core/model/keys.ts';
import type { CopiesLane, Host } from '../core/model/resources.ts';
import type { Scope } from '../core/store/port.ts';
import type { Node } from './node.ts';

/**
 * The host with its lane, read each time: a host that registers again may get another slot, and what is sent to the
 * old one would lie there unread.
 */
export async function readRegistration(node: Node, hostId: string): Promise<Decoded<Host> | undefined> {
  const [record] = await node.store.read(scopes.host(hostId), [keys.host(hostId)]);
  return record && decodeRecord<Host>(record);
}

export async function readHost(node: Node, hostId: string): Promise<Host | undefined> {
  return (await readRegistration(node, hostId))?.value;
}

/**
 * Sends to the host where it listens now. If the lane's topic is gone, the host may have moved since it was read: one
 * more try. False = there is no such host, or no such topic.
 */
export async function sendToHost(
  node: Node,
  hostId: string,
  send: (host: Host) => Promise<void>,
): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const host = await readHost(node, hostId);
    if (host === undefined) return false;
    try {
      await send(host);
      return true;
    } catch (error) {
      if (PlatformError.from(error).code !== 'not_found') throw error;
    }
  }
  return false;
}

/** Where the copies of a scope travel. */
export async function readLane(node: Node, scope: Scope): Promise<CopiesLane | undefined> {
  const [record] = await node.store.read(scope, [keys.copiesLane]);
  return record && decodeRecord<CopiesLane>(record)?.value;
}
