import { PlatformError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { IncomingMessage, MessageBus, Subscription } from '../core/messaging/port.ts';
import { scopes } from '../core/model/keys.ts';
import { subscriptions } from '../core/placement/topics.ts';
import { retry } from '../core/retry.ts';
import { assignmentId } from './state.ts';
import type { Known } from './assignment.ts';
import { Listeners } from './listeners.ts';
import type { Slots } from './memberships.ts';
import type { AgentDeps, AgentOptions, Backoff } from './ports.ts';
import type { HostLane, PublicLane, Registration } from './registration.ts';
import type { Origin } from './receiver.ts';

export interface UplinkHandlers {
  /** The registration as it is known. */
  registration(): Registration | undefined;
  registered(registration: Registration): void;
  listening(): void;
  /** A lane is about to be received from its first unacknowledged message. */
  rewound(lane: string): void;
  received(message: IncomingMessage, origin: Origin): Promise<void>;
  receivedPublic(message: IncomingMessage): Promise<void>;
}

const HOST = 'host';
const SLOT = 'slot ';

/** The agent's ties to the control service and to the buses; each is attempted until it stands. */
export class Uplink implements Slots {
  readonly #deps: Pick<AgentDeps, 'control' | 'openCluster'>;
  readonly #options: AgentOptions;
  readonly #handlers: UplinkHandlers;
  readonly #logger: Logger;
  readonly #retry: Backoff;
  readonly #listeners: Listeners;
  readonly #stop = new AbortController();
  #registering: Promise<void> | undefined;

  constructor(
    deps: Pick<AgentDeps, 'control' | 'openCluster'>,
    options: AgentOptions,
    backoff: Backoff,
    logger: Logger,
    handlers: UplinkHandlers,
  ) {
    this.#deps = deps;
    this.#options = options;
    this.#handlers = handlers;
    this.#logger = logger;
    this.#retry = backoff;
    this.#listeners = new Listeners(logger, backoff);
  }

  /** In the background, for ever. */
  register(): void {
    if (this.#stop.signal.aborted) return;
    this.#registering ??= this.#register().finally(() => {
      this.#registering = undefined;
    });
  }

  /** Takes a registration up in place of the one before. */
  follow(before: Registration | undefined, { lane, publicLanes }: Registration): void {
    if (before !== undefined && !isSame(before.lane, lane)) void this.#listeners.close(HOST);
    void this.#listenToHostLane(lane);
    for (const publicLane of publicLanes) this.#listenToKind(publicLane);
  }

  listen(assignment: Known): void {
    const { vpcId, scope, epoch, partition, slot, lane } = assignment;
    const id = assignmentId(vpcId, epoch);
    const address = { cluster: lane.cluster, topic: lane.topic, partition, slot };
    const origin: Origin = { lane: SLOT + id, scope, epoch, assignment };
    void this.#listeners.open(SLOT + id, () => this.#subscribe(address, origin));
  }

  unlisten(id: string): Promise<void> {
    return this.#listeners.close(SLOT + id);
  }

  wanted(): string[] {
    const names = this.#listeners.names().filter((name) => name.startsWith(SLOT));
    return names.map((name) => name.slice(SLOT.length));
  }

  isListening(id: string): boolean {
    return this.#listeners.isListening(SLOT + id);
  }

  async sendReport(payload: Buffer): Promise<void> {
    const registration = this.#handlers.registration();
    if (registration === undefined) throw new PlatformError('unavailable', 'not registered yet');
    const { lane, statusTopic, statusPartitions } = registration;
    const bus = await this.#busOf(lane.cluster);
    await bus.sendByKey(statusTopic, statusPartitions, this.#hostId, { properties: {}, payload });
  }

  async close(): Promise<void> {
    this.#stop.abort(new PlatformError('cancelled', 'the agent is closed'));
    await Promise.all([this.#listeners.closeAll(), this.#registering]);
  }

  get #hostId(): string {
    return this.#options.host.id;
  }

  async #register(): Promise<void> {
    const { host, cluster = '' } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    try {
      const answer = await retry(() => this.#deps.control.registerHost({ host, cluster }, signal), {
        ...this.#retry,
        attempts: Infinity,
        signal,
        retryIf: (error) => {
          if (failures++ === 0) this.#logger.warn('not registered yet', { error });
          return true;
        },
      });
      if (!signal.aborted) this.#handlers.registered(answer);
    } catch (error) {
      if (!signal.aborted) this.#logger.error('a registration could not be taken up', { error });
    }
  }

  async #listenToHostLane(lane: HostLane): Promise<void> {
    const scope = scopes.host(this.#hostId);
    const origin: Origin = { lane: HOST, scope, epoch: lane.epoch, assignment: undefined };
    await this.#listeners.open(HOST, () => this.#subscribe(lane, origin));
    if (this.#listeners.isListening(HOST)) this.#handlers.listening();
  }

  async #subscribe(address: Omit<HostLane, 'epoch'>, origin: Origin): Promise<Subscription> {
    const { cluster, topic, partition, slot } = address;
    const bus = await this.#busOf(cluster);
    this.#handlers.rewound(origin.lane);
    return bus.subscribeSlot({
      address: { topic, partition, slot },
      subscription: subscriptions.hosts,
      consumerName: this.#hostId,
      handler: (message) => this.#handlers.received(message, origin),
    });
  }

  #listenToKind({ kind, cluster, topic, partitions }: PublicLane): void {
    void this.#listeners.open(`public ${cluster} ${kind}`, async () => {
      const bus = await this.#busOf(cluster);
      return bus.subscribeGroup({
        topic,
        partitions,
        subscription: subscriptions.group,
        consumerName: this.#hostId,
        order: 'any',
        handler: (message) => this.#handlers.receivedPublic(message),
      });
    });
  }

  async #busOf(cluster: string): Promise<MessageBus> {
    const found = this.#handlers.registration()?.clusters.find(({ name }) => name === cluster);
    if (found === undefined) {
      // Added since the registration: the answer to another one has it.
      this.register();
      throw new PlatformError('unavailable', `the cluster ${cluster} is not known yet`);
    }
    return this.#deps.openCluster(found.name, found.serviceUrl);
  }
}

export function isSame(one: object | undefined, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
