/** An agent in a VPC whose hosts read along, with what is published to them. */
import type { Agent } from '../../../agent/agent.ts';
import type { After, AgentDeps, AgentOptions } from '../../../agent/ports.ts';
import { encodeEntry } from '../../../core/codec/entries.ts';
import { encodeFanOutHeader, packFanOutBody } from '../../../core/codec/fan-out.ts';
import type { FanOutHeader } from '../../../core/codec/fan-out.ts';
import type { ScopeReport } from '../../../core/codec/report.ts';
import type { SlotAddress } from '../../../core/messaging/port.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Entry } from '../../../core/model/view.ts';
import { partitionOf } from '../../../core/placement/slots.ts';
import { World, assignmentOf, eventually, me, port, slotOfAssignment, topics } from './fixture.ts';

export const a = scopes.vpc('a');
export const joined = assignmentOf('a', 1);
export const slot: SlotAddress = slotOfAssignment(joined);
export const topic = topics.fanOut('a');

/** As long as a range that is early is waited for. */
const EARLY_MS = 2_000;

/** Nothing more happens in the agent. */
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

export function laneEntry(revision: number, partitions = 1): Entry {
  const body = JSON.stringify({ cluster: 'one', topic, partitions });
  return { key: keys.fanOutLane, revision, body };
}

export class ReadingWorld {
  readonly world: World;
  /** Ranges that are waited for in vain, when the test says so. */
  readonly early = new Set<() => void>();
  readonly after: After = (ms, call) => {
    if (ms === EARLY_MS) {
      this.early.add(call);
      return () => void this.early.delete(call);
    }
    const timer = setTimeout(call, ms);
    return () => {
      clearTimeout(timer);
    };
  };

  private constructor(world: World) {
    this.world = world;
  }

  static async create(): Promise<ReadingWorld> {
    const reading = new ReadingWorld(await World.create());
    await reading.world.cluster.admin.ensureTopic(topic, 1, []);
    return reading;
  }

  /** It has joined at revision 5 and knows of the lane. */
  async joined(lane = laneEntry(4), options: Partial<AgentOptions> = {}): Promise<Agent> {
    const agent = await this.agent({}, options);
    await this.world.join(joined, 5, [port('p', 3), lane]);
    return agent;
  }

  agent(deps: Partial<AgentDeps> = {}, options: Partial<AgentOptions> = {}): Promise<Agent> {
    return this.world.agent({ after: this.after, ...deps }, options);
  }

  /** The same, and what it asked for when it came to stand was answered. */
  async reading(): Promise<Agent> {
    const agent = await this.joined();
    await this.answer(5);
    return agent;
  }

  get last(): ScopeReport | undefined {
    return this.world.scopeReports(a).at(-1);
  }

  /** It has said that it is there. */
  has(revision: number): Promise<void> {
    return eventually(() => this.last?.revision === revision, `revision ${revision}`);
  }

  /** The number that the host gives to what it asks for. */
  async asked(before?: number): Promise<number> {
    await eventually(() => this.last?.tail !== undefined && this.last.tail !== before, 'a tail is asked for');
    return this.last?.tail ?? 0;
  }

  /** What it lacks, from what it has reported. */
  async answer(to: number, entries: readonly Entry[] = []): Promise<void> {
    const tail = await this.asked();
    await this.world.changes(slot, a, [this.last?.revision ?? 0, to], entries, { tail });
    await eventually(() => this.last?.tail === undefined, 'answered');
  }

  copy(from: number, to: number, ...entries: readonly Entry[]): Promise<void> {
    return this.world.changes(slot, a, [from, to], entries);
  }

  async publish(
    from: number,
    to: number,
    entries: readonly Entry[],
    { local = [], ...more }: Partial<FanOutHeader> & { local?: readonly Entry[] } = {},
    partition = 0,
  ): Promise<void> {
    const stamp = { scope: a, incarnation: 1, turn: 1, part: 0, parts: 1 };
    const properties = encodeFanOutHeader({ ...stamp, from, to, ...more });
    const [common, own] = [entries, local].map((each) => Buffer.from(each.map(encodeEntry).join('')));
    if (common === undefined || own === undefined) throw new Error('nothing to publish');
    const payload = packFanOutBody(
      common,
      new Map([
        ['other', own],
        [me, own],
      ]),
    );
    await this.world.cluster.bus.publish({ topic, partition }, { properties, payload });
  }

  /** So many ranges wait for what comes before them. */
  async waiting(count = 1): Promise<void> {
    await eventually(() => this.early.size === count, `${count} wait`);
  }

  /** What they wait for does not come. */
  inVain(): void {
    for (const call of [...this.early]) {
      this.early.delete(call);
      call();
    }
  }

  partitionOf(partitions: number): number {
    return partitionOf(me, partitions);
  }
}
