import { decodeRecord } from '../../core/codec/records.ts';
import { keys, scopes, splitKey } from '../../core/model/keys.ts';
import type { Assignment, Lane, Member, SlotHolder } from '../../core/model/resources.ts';
import { addressIn } from '../../core/placement/lanes.ts';
import type { RecordKey, Scope } from '../../core/store/port.ts';
import type { Node } from '../node.ts';
import { Pipeline } from '../pipeline.ts';
import { readHost } from '../registered-host.ts';
import { drainSlot } from './drain-slot.ts';
import { expectLoss, sendAgain } from './send-again.ts';

/** A slot that a host holds, and whose it is according to the registry. */
interface HeldSlot {
  readonly scope: Scope;
  readonly lane: Lane;
  readonly member: Member;
  /** The record that says so. */
  readonly holder: { readonly scope: Scope; readonly key: RecordKey };
}

interface Visited {
  dueMs: number;
  pauseMs: number;
  /** What it takes part in, for when it is back. */
  scopes: readonly Scope[];
}

const PAGE = 1_000;
/** What scopes that many of them share have lost is put right once for all. */
const HOSTS_PER_ROUND = 200;
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 600_000;

/**
 * Throws away what lies in the slots of hosts that are offline: the broker holds it up for the others of the same
 * topic, and cannot trim what lies behind it. Nothing is lost by that: a host that comes back is sent all that it has
 * not reported.
 */
export class OfflineSlots {
  readonly #node: Node;
  readonly #visited = new Map<string, Visited>();

  constructor(node: Node) {
    this.#node = node;
  }

  /** A bounded number of hosts, so that many that go offline at once do no harm; the others are still due the next time. */
  async round(signal: AbortSignal): Promise<void> {
    const offline = [...this.#node.offline.all()].filter((host) => this.#node.isOffline(host));
    await this.#welcomeBack(new Set(offline));
    const dueMs = (host: string): number => this.#visited.get(host)?.dueMs ?? 0;
    const due = offline.filter((host) => dueMs(host) <= this.#node.clock());
    due.sort((one, other) => dueMs(one) - dueMs(other));
    await this.#drainHosts(due.slice(0, HOSTS_PER_ROUND), signal);
  }

  /** Who is back gets what was thrown away, also if it has nothing to report but that it is there. */
  async #welcomeBack(offline: ReadonlySet<string>): Promise<void> {
    const woken = new Set<Scope>();
    for (const [host, visited] of this.#visited) {
      if (offline.has(host)) continue;
      this.#visited.delete(host);
      for (const scope of visited.scopes) woken.add(scope);
    }
    for (const scope of woken) await this.#node.put({ kind: 'resume', scope });
  }

  /**
   * That something will be lost is recorded before anything is thrown away, and again afterwards: a node that does not
   * know yet that a host is offline may have sent more in between.
   */
  async #drainHosts(hosts: readonly string[], signal: AbortSignal): Promise<void> {
    const slots = new Map<string, readonly HeldSlot[]>();
    await this.#forEach(hosts, async (host) => {
      slots.set(host, await this.#visit(host));
    });
    const members = new Map<Scope, Member[]>();
    for (const { scope, member } of [...slots.values()].flat()) {
      const others = members.get(scope);
      if (others === undefined) members.set(scope, [member]);
      else others.push(member);
    }
    const recorded = new Set<Scope>();
    const robbed = new Set<Scope>();
    await this.#forEach(members.keys(), async (scope) => {
      if (await expectLoss(this.#node, scope, members.get(scope) ?? [])) robbed.add(scope);
      recorded.add(scope);
    });
    await this.#forEach(hosts, async (host) => {
      for (const slot of slots.get(host) ?? []) {
        if (signal.aborted || !this.#node.isOffline(host)) return;
        if (!recorded.has(slot.scope)) continue;
        await this.#attempt(host, () => this.#drain(slot, () => robbed.add(slot.scope), signal));
      }
    });
    await this.#forEach(robbed, (scope) => sendAgain(this.#node, scope, members.get(scope) ?? []));
  }

  /** A bounded number at a time. */
  async #forEach<T extends string>(items: Iterable<T>, task: (item: T) => Promise<void>): Promise<void> {
    const pipeline = new Pipeline(this.#node.options.slotsDrainedAtOnce);
    for (const item of items) await pipeline.add(item, () => this.#attempt(item, () => task(item)));
    await pipeline.done();
  }

  /** What fails is done the next time, and holds nothing else up. */
  async #attempt(what: string, task: () => Promise<unknown>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.#node.logger.warn('slots of offline hosts were not drained', { what, error });
    }
  }

  async #visit(host: string): Promise<HeldSlot[]> {
    const slots = await this.#slotsOf(host);
    const pauseMs = this.#visited.get(host)?.pauseMs ?? FIRST_PAUSE_MS;
    this.#visited.set(host, {
      dueMs: this.#node.clock() + pauseMs,
      pauseMs: Math.min(LONGEST_PAUSE_MS, 2 * pauseMs),
      scopes: slots.map(({ scope }) => scope),
    });
    return slots;
  }

  async #drain(held: HeldSlot, onDiscard: () => void, signal: AbortSignal): Promise<void> {
    const { scope, lane, member, holder } = held;
    const { hostId: host } = member;
    const outcome = await drainSlot(this.#node, {
      cluster: lane.cluster,
      address: addressIn(lane, member),
      // Of an epoch that nobody is at.
      fence: { kind: 'fence', scope, host, epoch: 0, incarnation: 0 },
      mayDiscard: async (header) => {
        if (!this.#node.isOffline(host)) return false;
        // Whose a slot of a block is now, only the VPC that has the block can say.
        const isOwn = header?.host === host && (lane.block === undefined || header.scope === scope);
        // The host has left meanwhile: then the slot is drained up to its fence, and freed.
        if (isOwn && header.kind === 'fence' && header.epoch > 0) return false;
        if (!isOwn && !(await this.#isHeld(holder, member))) return false;
        onDiscard();
        return true;
      },
      signal,
    });
    if (outcome === 'drained') this.#node.count('slotsDrained');
  }

  /** What is addressed to others lies here from before, or the slot has come to another host. */
  async #isHeld({ scope, key }: HeldSlot['holder'], member: Member): Promise<boolean> {
    const [record] = await this.#node.store.read(scope, [key]);
    const holder = record && decodeRecord<SlotHolder>(record)?.value;
    return holder?.hostId === member.hostId && holder.epoch === member.epoch;
  }

  async #slotsOf(hostId: string): Promise<HeldSlot[]> {
    const slots: HeldSlot[] = [];
    const host = await readHost(this.#node, hostId);
    if (host !== undefined) {
      const { lane, member } = host;
      slots.push(heldSlot(scopes.host(hostId), lane, member, scopes.lane(lane.cluster)));
    }
    let page;
    let after = '';
    do {
      page = await this.#node.store.list(scopes.host(hostId), 'assignment', after, PAGE);
      for (const record of page) {
        after = splitKey(record.key).id;
        const assignment = decodeRecord<Assignment>(record)?.value;
        // What it leaves is drained to the fence.
        if (assignment?.state !== 'member') continue;
        const scope = scopes.vpc(assignment.vpcId);
        slots.push(heldSlot(scope, assignment.lane, assignment, scope));
      }
    } while (page.length === PAGE);
    return slots;
  }
}

function heldSlot(
  scope: Scope,
  lane: Lane,
  { hostId, partition, slot, epoch }: Member,
  registry: Scope,
): HeldSlot {
  const holder = { scope: registry, key: keys.slot(partition, slot) };
  return { scope, lane, member: { hostId, partition, slot, epoch }, holder };
}
