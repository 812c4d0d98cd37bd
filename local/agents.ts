import { startAgent } from '../agent/agent.ts';
import type { Agent } from '../agent/agent.ts';
import { stateOnlyDataPlane } from '../agent/data-plane.ts';
import type { JournalFactory } from '../agent/journal/journal.ts';
import { memoryJournal } from '../agent/journal/memory-journal.ts';
import type { AgentOptions, ControlPort } from '../agent/ports.ts';
import { systemClock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { MessageBus } from '../core/messaging/port.ts';
import type { Entry } from '../core/model/view.ts';
import type { Scope } from '../core/store/port.ts';

export type AppliedListener = (
  hostId: string,
  scope: Scope,
  revision: number,
  changed: readonly Entry[],
) => void;

export interface LocalAgentsOptions {
  readonly control: ControlPort;
  /** Shared by all agents of the process; of the only cluster, or of the one that is named. */
  readonly bus: MessageBus | ((cluster: string) => MessageBus);
  readonly logger: Logger;
  /** Kinds of public resource that a host serves; default none. */
  readonly serves?: (hostId: string) => readonly string[];
  /** Default: in memory, kept from one start of an agent to the next. */
  readonly journal?: (hostId: string) => JournalFactory;
  readonly agent?: Partial<AgentOptions>;
}

/** Many agents in one process, each with the code that a host runs. */
export class LocalAgents {
  readonly running = new Map<string, Agent>();
  readonly #options: LocalAgentsOptions;
  readonly #journals = new Map<string, JournalFactory>();
  readonly #listeners = new Set<AppliedListener>();

  constructor(options: LocalAgentsOptions) {
    this.#options = options;
  }

  /** The result ends it. */
  listen(listener: AppliedListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when the agent listens on its host's lane. */
  async start(hostId: string): Promise<void> {
    const { control, bus, logger, serves, agent } = this.#options;
    const index = this.#journals.has(hostId)
      ? [...this.#journals.keys()].indexOf(hostId)
      : this.#journals.size;
    const started = await startAgent(
      {
        control,
        openCluster: (name) => (typeof bus === 'function' ? bus(name) : bus),
        openJournal: this.#journal(hostId),
        dataPlane: stateOnlyDataPlane,
        clock: systemClock,
        logger,
      },
      {
        ...agent,
        host: {
          id: hostId,
          name: hostId,
          vtepIp: `198.18.${index >> 8}.${index & 255}`,
          macAddress: '',
          zone: '',
          labels: {},
          serves: serves?.(hostId) ?? [],
          agentVersion: 'local',
        },
        events: {
          onApplied: (scope, revision, changed) => {
            for (const listener of this.#listeners) listener(hostId, scope, revision, changed);
          },
        },
      },
    );
    this.running.set(hostId, started);
    await started.ready();
  }

  /** As a crash would end it: what is not durable is lost. */
  async stop(hostId: string): Promise<void> {
    await this.running.get(hostId)?.close();
    this.running.delete(hostId);
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.running.keys()].map((hostId) => this.stop(hostId)));
  }

  #journal(hostId: string): JournalFactory {
    const known = this.#journals.get(hostId);
    if (known !== undefined) return known;
    const journal = this.#options.journal?.(hostId) ?? memoryJournal();
    this.#journals.set(hostId, journal);
    return journal;
  }
}
