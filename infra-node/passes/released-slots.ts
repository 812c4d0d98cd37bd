import { decodeRecord } from '../../core/codec/records.ts';
import { keys, scopes } from '../../core/model/keys.ts';
import type { CopiesLane, Lane, SlotHolder } from '../../core/model/resources.ts';
import { addressIn, laneOf } from '../../core/placement/lanes.ts';
import { DRAINING, drainingId, endMembership, parseDrainingId } from '../../core/placement/leaving.ts';
import type { Draining } from '../../core/placement/leaving.ts';
import type { Node } from '../node.ts';
import { Pipeline } from '../pipeline.ts';
import { sendFence } from '../send.ts';
import { drainSlot } from './drain-slot.ts';
import type { DrainOutcome } from './drain-slot.ts';

interface Seen {
  /** When to do something about it, by the node's clock. */
  dueMs: number;
  pauseMs: number;
  /** A fence was sent to the host's own consumer, which may have been leaving already. */
  isFenced: boolean;
}

const PAGE = 1_000;
const LONGEST_PAUSE_MS = 600_000;

/**
 * Frees the slots that their hosts do not: one that is dead for good, or that lost its disk before it could say that it
 * left, or whose fence was lost. Until then the slot holds messages, and can never be used again.
 */
export class ReleasedSlots {
  readonly #node: Node;
  readonly #seen = new Map<string, Seen>();

  constructor(node: Node) {
    this.#node = node;
  }

  /** Looks at every slot that is listed as draining. */
  async round(signal: AbortSignal): Promise<void> {
    const listed = new Set<string>();
    let page: string[];
    const pipeline = new Pipeline(this.#node.options.slotsDrainedAtOnce);
    const add = (id: string): Promise<void> => pipeline.add(id, () => this.#visitSafely(id, signal));
    do {
      page = await this.#node.store.catalog(DRAINING, [...listed].at(-1) ?? '', PAGE);
      for (const id of page) {
        listed.add(id);
        if (!signal.aborted) await add(id);
      }
    } while (page.length === PAGE && !signal.aborted);
    this.#node.gauges.slotsDraining = listed.size;
    for (const [id, { isFenced }] of this.#seen) {
      if (listed.has(id) || signal.aborted) continue;
      if (isFenced) await add(id);
      else this.#seen.delete(id);
    }
    await pipeline.done();
  }

  async #visitSafely(id: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#visit(id, signal);
    } catch (error) {
      this.#node.logger.warn('a released slot was not drained', { slot: id, error });
    }
  }

  async #visit(id: string, signal: AbortSignal): Promise<void> {
    const { store } = this.#node;
    const draining = parseDrainingId(id);
    if (draining === undefined) return store.delist(DRAINING, id);
    const found = await this.#read(draining);
    // With its lane the topic is gone.
    if (found.lane === undefined) return this.#forget(id);
    if (found.holder === undefined) {
      // A turn that was overtaken has sent a fence when the slot was free already.
      if ((await this.#drain(draining, found.lane, signal)) === 'drained') await this.#forget(id);
    } else if (isOf(found.holder, draining)) {
      // Before that the dispatcher may still be about to send a fence.
      if (found.dispatched >= found.revision) await this.#free(draining, found.lane, signal);
    } else await this.#forget(id);
  }

  async #free(draining: Draining, lane: Lane, signal: AbortSignal): Promise<void> {
    const node = this.#node;
    const seen = this.#noted(draining);
    const { vpcId, released } = draining;
    const nowMs = node.clock();
    if (nowMs < seen.dueMs && !node.isOffline(released.hostId)) return;
    switch (await this.#drain(draining, lane, signal)) {
      case 'drained':
        for (const scope of await endMembership(node.store, draining)) await node.wake(scope);
        this.#seen.delete(drainingId(draining));
        node.count('slotsFreed');
        node.logger.info('a slot was freed in place of its host', { vpc: vpcId, ...released });
        return;
      case 'listened-to':
        // An offline host's consumer lingers with the broker for some time.
        if (nowMs < seen.dueMs) return;
        await sendFence(
          node,
          { scope: scopes.vpc(vpcId), lane, member: released },
          await this.#incarnation(vpcId),
        );
        seen.isFenced = true;
        break;
      case 'stopped':
    }
    seen.dueMs = nowMs + seen.pauseMs;
    seen.pauseMs = Math.min(LONGEST_PAUSE_MS, seen.pauseMs * 2);
  }

  async #drain(draining: Draining, lane: Lane, signal: AbortSignal): Promise<DrainOutcome> {
    const { vpcId, released } = draining;
    const { hostId: host, epoch } = released;
    const scope = scopes.vpc(vpcId);
    const outcome = await drainSlot(this.#node, {
      cluster: lane.cluster,
      address: addressIn(lane, released),
      fence: { kind: 'fence', scope, host, epoch, incarnation: await this.#incarnation(vpcId) },
      // Whatever else lies there is of no use while the slot is this host's, or nobody's; but a free slot of a block may be
      // another VPC's by now.
      mayDiscard: async (header) => {
        if (header?.scope === scope && header.host === host && header.epoch === epoch) return true;
        const { holder } = await this.#read(draining);
        return holder === undefined ? lane.block === undefined : isOf(holder, draining);
      },
      signal,
    });
    if (outcome === 'drained') this.#node.count('slotsDrained');
    return outcome;
  }

  async #read({ vpcId, released }: Draining) {
    const scope = scopes.vpc(vpcId);
    const wanted = [keys.slot(released.partition, released.slot), keys.copiesLane];
    const [slot, lane] = await this.#node.store.read(scope, wanted);
    const holder = slot && decodeRecord<SlotHolder>(slot);
    const lanes = lane && decodeRecord<CopiesLane>(lane)?.value;
    const { dispatched } = await this.#node.store.status(scope);
    return {
      holder: holder?.value,
      revision: holder?.revision ?? 0,
      dispatched,
      lane: lanes && laneOf(lanes, released.partition),
    };
  }

  async #incarnation(vpcId: string): Promise<number> {
    return (await this.#node.store.status(scopes.vpc(vpcId))).incarnation;
  }

  #noted(draining: Draining): Seen {
    const id = drainingId(draining);
    const pauseMs = this.#node.options.drainAfterMs;
    const seen = this.#seen.get(id) ?? { dueMs: this.#node.clock() + pauseMs, pauseMs, isFenced: false };
    this.#seen.set(id, seen);
    return seen;
  }

  async #forget(id: string): Promise<void> {
    await this.#node.store.delist(DRAINING, id);
    this.#seen.delete(id);
  }
}

function isOf(holder: SlotHolder, { released }: Draining): boolean {
  const { state, hostId, epoch } = holder;
  return state === 'draining' && hostId === released.hostId && epoch === released.epoch;
}
