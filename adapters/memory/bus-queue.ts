import { PlatformError } from '../../core/errors.ts';
import type { OutgoingMessage, SlotConsumerStats, TopicPartition } from '../../core/messaging/port.ts';
import { SLOT_COUNT } from '../../core/placement/slots.ts';
import { Fifo } from './bus-fifo.ts';

export type Sharing = 'slot' | 'by-key' | 'any';

/** One message in one durable subscription. */
export interface Entry {
  readonly sequence: number;
  readonly message: OutgoingMessage;
  readonly key: string;
  readonly sentAtMs: number;
  readonly lane: Lane;
  acknowledged: boolean;
}

/** The messages of one slot; keys of the same slot share it, as in the broker's dispatcher. */
export interface Lane {
  readonly slot: number;
  readonly queue: SubscriptionQueue;
  readonly pending: Fifo<Entry>;
  /** Delivered and not acknowledged. */
  held: number;
  holder: QueueMember | undefined;
  /** Lies in the ready list of somebody. */
  ready: boolean;
}

/** What the queue needs to know about a consumer. */
export interface QueueMember {
  readonly consumerName: string;
  readonly sharing: Sharing;
  /** The slot that it asked for; only with sharing `slot`. */
  readonly slot: number | undefined;
  offer(lane: Lane): void;
  /** Does nothing while it is at work. */
  wake(): void;
  /** Forgets its ready lanes of the queue. */
  forget(queue: SubscriptionQueue): void;
  unacknowledged(queue: SubscriptionQueue): number;
}

/** A durable subscription of one partition: keeps each message until it is acknowledged. */
export class SubscriptionQueue {
  backlog = 0;
  /** Lanes with messages for whoever is free; only with sharing `any`. */
  readonly shared = new Fifo<Lane>();
  readonly at: TopicPartition;
  private readonly lanes = new Map<number, Lane>();
  private readonly members: QueueMember[] = [];
  private readonly bySlot = new Map<number, QueueMember>();
  private sequence = 0;
  private nextToWake = 0;

  constructor(at: TopicPartition) {
    this.at = at;
  }

  publish(slot: number, key: string, message: OutgoingMessage, sentAtMs: number): void {
    let lane = this.lanes.get(slot);
    if (lane === undefined) {
      lane = { slot, queue: this, pending: new Fifo(), held: 0, holder: undefined, ready: false };
      this.lanes.set(slot, lane);
    }
    const sequence = this.sequence++;
    lane.pending.push({ sequence, message, key, sentAtMs, lane, acknowledged: false });
    this.backlog++;
    if (!lane.ready) this.route(lane);
  }

  join(member: QueueMember): void {
    const other = this.members[0];
    if (other !== undefined && other.sharing !== member.sharing) {
      throw new PlatformError('failed_precondition', `subscription is in use with sharing ${other.sharing}`);
    }
    if (member.slot !== undefined) {
      const owner = this.bySlot.get(member.slot);
      if (owner !== undefined) {
        throw new PlatformError(
          'failed_precondition',
          `slot ${member.slot} is held by ${owner.consumerName}`,
        );
      }
      this.bySlot.set(member.slot, member);
    }
    this.members.push(member);
    this.reassign(member);
  }

  /** `unacknowledged` comes again, in order. */
  leave(member: QueueMember, unacknowledged: readonly Entry[]): void {
    this.members.splice(this.members.indexOf(member), 1);
    if (member.slot !== undefined) this.bySlot.delete(member.slot);
    const returned = new Map<Lane, Entry[]>();
    for (const entry of unacknowledged) {
      const entries = returned.get(entry.lane);
      if (entries === undefined) returned.set(entry.lane, [entry]);
      else entries.push(entry);
    }
    for (const [lane, entries] of returned) {
      lane.held -= entries.length;
      if (lane.held === 0) lane.holder = undefined;
      lane.pending.replace([...entries, ...lane.pending.drain()].sort((a, b) => a.sequence - b.sequence));
    }
    this.reassign(member);
  }

  /** The topic is gone: nothing comes any more, and what waited is lost. */
  discard(): void {
    for (const member of this.members) member.forget(this);
    this.lanes.clear();
    this.shared.drain();
    this.backlog = 0;
  }

  /** The next message of a lane that `member` found ready; undefined when the lane is not the member's any more. */
  take(lane: Lane, member: QueueMember): Entry | undefined {
    lane.ready = false;
    if (member.sharing !== 'any' && this.ownerOf(lane) !== member) {
      this.route(lane);
      return undefined;
    }
    const entry = lane.pending.shift();
    if (entry === undefined) return undefined;
    lane.held++;
    lane.holder = member;
    this.route(lane);
    return entry;
  }

  acknowledge(entry: Entry): void {
    const lane = entry.lane;
    this.backlog--;
    lane.held--;
    if (lane.held > 0) return;
    lane.holder = undefined;
    if (lane.pending.length === 0) this.lanes.delete(lane.slot);
    else if (!lane.ready) this.route(lane);
  }

  consumers(): (SlotConsumerStats & TopicPartition)[] {
    return this.members.map((member, index) => ({
      ...this.at,
      consumerName: member.consumerName,
      ranges: this.rangesOf(member, index),
      unacknowledged: member.unacknowledged(this),
    }));
  }

  private route(lane: Lane): void {
    if (lane.pending.length === 0 || this.members.length === 0) return;
    if (this.members[0]?.sharing === 'any') {
      lane.ready = true;
      this.shared.push(lane);
      const first = this.nextToWake++;
      for (let i = 0; i < this.members.length; i++) this.members[(first + i) % this.members.length]?.wake();
      return;
    }
    const owner = this.ownerOf(lane);
    if (owner === undefined) return;
    lane.ready = true;
    owner.offer(lane);
  }

  /** None while another member than the one in charge has unacknowledged messages of the lane: it waits for those. */
  private ownerOf(lane: Lane): QueueMember | undefined {
    if (this.members[0]?.sharing === 'slot') return this.bySlot.get(lane.slot);
    const assigned = this.members[Math.floor((lane.slot * this.members.length) / SLOT_COUNT)];
    return lane.holder === undefined || lane.holder === assigned ? assigned : undefined;
  }

  private reassign(cause: QueueMember): void {
    if (cause.slot !== undefined) {
      cause.forget(this);
      const lane = this.lanes.get(cause.slot);
      if (lane !== undefined) this.route(lane);
      return;
    }
    for (const member of this.members) member.forget(this);
    this.shared.drain();
    for (const lane of this.lanes.values()) {
      lane.ready = false;
      this.route(lane);
    }
  }

  private rangesOf(member: QueueMember, index: number): (readonly [number, number])[] {
    if (member.slot !== undefined) return [[member.slot, member.slot]];
    if (member.sharing === 'any') return [];
    const bound = (n: number) => Math.ceil((n * SLOT_COUNT) / this.members.length);
    return [[bound(index), bound(index + 1) - 1]];
  }
}
