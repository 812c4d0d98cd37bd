import { encodeHeader } from '../core/codec/envelope.ts';
import type { Header } from '../core/codec/envelope.ts';
import { encodeFanOutHeader } from '../core/codec/fan-out.ts';
import type { FanOutHeader } from '../core/codec/fan-out.ts';
import { decodeRecord } from '../core/codec/records.ts';
import { PlatformError } from '../core/errors.ts';
import type { TopicPartition } from '../core/messaging/port.ts';
import { keys, splitScope } from '../core/model/keys.ts';
import type { CopiesLane, Lane, Member } from '../core/model/resources.ts';
import { addressIn, laneOf } from '../core/placement/lanes.ts';
import { DRAINING, drainingId } from '../core/placement/leaving.ts';
import { isContinued } from '../core/placement/membership.ts';
import type { Scope } from '../core/store/port.ts';
import type { Payloads } from './encoded-entries.ts';
import type { Node } from './node.ts';

/** Bytes in flight that a small message may be taken for; see {@link weightOf}. */
const BYTES_PER_SEND = 16_384;

/** How many sends in flight a message of this size counts for, so that their limit bounds memory as well. */
export function weightOf(bytes: number): number {
  return 1 + Math.floor(bytes / BYTES_PER_SEND);
}

export interface Delivery {
  /** On whose behalf: the scope that is being dispatched. */
  readonly scope: Scope;
  /** Or the one before it, if the member's slot is there. */
  readonly lane: CopiesLane;
  readonly member: Member;
}

/** The one of a scope's lanes that the member's slot is on. */
export function ownLane(scope: Scope, lane: CopiesLane, { partition }: Member): Lane {
  const own = laneOf(lane, partition);
  if (own === undefined) throw new PlatformError('not_found', `partition ${partition} of ${scope} is gone`);
  return own;
}

/** Sends a message in its parts, one after another: they have to arrive in order. */
export async function sendParts(
  node: Node,
  delivery: Delivery,
  payloads: Payloads,
  header: (part: { part: number; parts: number }) => Header,
): Promise<void> {
  const { parts } = payloads;
  for (let part = 0; part < parts; part++) {
    await sendOne(node, delivery, header({ part, parts }), payloads.payload(part));
  }
}

export interface Publication {
  readonly scope: Scope;
  readonly cluster: string;
  readonly to: TopicPartition;
}

/** The same to a partition that many read. */
export async function publishParts(
  node: Node,
  { scope, cluster, to }: Publication,
  payloads: Payloads,
  header: Omit<FanOutHeader, 'part' | 'parts'>,
): Promise<void> {
  const { parts } = payloads;
  for (let part = 0; part < parts; part++) {
    await node.step('send', scope);
    const { bus } = await node.cluster(cluster);
    const payload = payloads.payload(part);
    await bus.publish(to, { properties: encodeFanOutHeader({ ...header, part, parts }), payload });
    node.countVpc(scope, 'messages');
    node.count('bytes', payload.length);
  }
}

/** The last message of a released slot. The slot is listed from then on, for whoever frees it if its host does not. */
export async function sendFence(node: Node, delivery: Delivery, incarnation: number): Promise<void> {
  const { scope, member } = delivery;
  const header: Header = {
    kind: 'fence',
    scope,
    host: member.hostId,
    epoch: member.epoch,
    incarnation,
    moved: await isMoved(node, delivery),
  };
  await sendOne(node, delivery, header, Buffer.alloc(0));
  await node.store.enlist(DRAINING, drainingId({ vpcId: splitScope(scope).id, released: member }));
  node.count('fences');
}

async function isMoved(node: Node, { scope, member: { hostId, epoch } }: Delivery): Promise<boolean> {
  const [record] = await node.store.read(scope, [keys.member(hostId)]);
  const member = record && decodeRecord<Member>(record)?.value;
  return member !== undefined && isContinued(member, epoch);
}

async function sendOne(node: Node, delivery: Delivery, header: Header, payload: Buffer): Promise<void> {
  const { scope, lane, member } = delivery;
  await node.step('send', scope);
  const own = ownLane(scope, lane, member);
  const { bus } = await node.cluster(own.cluster);
  await bus.sendToSlot(addressIn(own, member), { properties: encodeHeader(header), payload });
  node.countVpc(scope, 'messages');
  node.count('bytes', payload.length);
}
