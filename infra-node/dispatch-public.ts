import { encodeEntry } from '../core/codec/entries.ts';
import { encodeHeader, packPayloads } from '../core/codec/envelope.ts';
import { timed } from '../core/codec/properties.ts';
import type { Timed } from '../core/codec/properties.ts';
import { decodeRecord } from '../core/codec/records.ts';
import { keys, splitScope } from '../core/model/keys.ts';
import type { Lane, PublicResource } from '../core/model/resources.ts';
import type { DispatchTurn, Scope, StoredRecord } from '../core/store/port.ts';
import type { Node } from './node.ts';
import { readLane } from './registered-host.ts';

/** Sends a public resource as it is now to one member of the group that serves its kind. False = fenced. */
export async function dispatchPublic(node: Node, scope: Scope, { sinceMs }: Timed): Promise<boolean> {
  const turn = await node.store.beginDispatch(scope);
  await node.step('begun', scope);
  const key = keys.public(splitScope(scope).id);
  const page = await node.store.changes(scope, turn.dispatched, node.options.changesPage);
  await node.step('changes-read', scope);
  const record = page.changes.find((change) => change.key === key);
  if (record !== undefined) await send(node, { ...turn, scope }, record, timed(sinceMs));
  const isOurs = await node.store.advance({
    scope,
    token: turn.token,
    dispatched: page.through,
    sent: new Map(),
    sentAll: page.through,
  });
  if (isOurs && page.through > turn.dispatched) {
    node.dispatched(timed(sinceMs));
    node.count('revisions', page.through - turn.dispatched);
  }
  await node.step('advanced', scope);
  return isOurs;
}

async function send(
  node: Node,
  { scope, token, incarnation }: DispatchTurn & { readonly scope: Scope },
  record: StoredRecord,
  time: Timed,
): Promise<void> {
  const lane = await laneOf(node, scope, record);
  if (lane === undefined) {
    node.logger.error('a public resource has no lane', { scope });
    return;
  }
  const properties = encodeHeader({
    kind: 'snapshot',
    scope,
    host: '*',
    epoch: 0,
    incarnation,
    turn: token,
    ...time,
    to: record.revision,
    part: 0,
    parts: 1,
  });
  const [payload = Buffer.alloc(0)] = packPayloads([encodeEntry(record)], undefined, Infinity);
  await node.step('send', scope);
  const { bus } = await node.cluster(lane.cluster);
  await bus.sendByKey(lane.topic, lane.partitions, splitScope(scope).id, { properties, payload });
  node.count('publics');
  node.count('messages');
  node.count('bytes', payload.length);
  await node.step('sent', scope);
}

/** Beside the resource, because a tombstone has no body to say where it has to go. */
async function laneOf(node: Node, scope: Scope, record: StoredRecord): Promise<Lane | undefined> {
  return (await readLane(node, scope)) ?? decodeRecord<PublicResource>(record)?.value.lane;
}
