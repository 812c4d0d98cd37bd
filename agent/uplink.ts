import { unlessAborted } from '../core/abort.ts';
import { PlatformError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { IncomingMessage, MessageBus, OutgoingMessage, Subscription } from '../core/messaging/port.ts';
import { scopes } from '../core/model/keys.ts';
import type { Lane } from '../core/model/resources.ts';
import { addressIn } from '../core/placement/lanes.ts';
import { partitionOf } from '../core/placement/slots.ts';
import { subscriptions } from '../core/placement/topics.ts';
import { retry } from '../core/retry.ts';
import type { Scope } from '../core/store/port.ts';
import { assignmentId } from './state.ts';
import type { Known } from './assignment.ts';
import { Listeners } from './listeners.ts';
import type { Slots } from './memberships.ts';
import type { AgentDeps, AgentOptions, Backoff } from './ports.ts';
import type { HostLane, PublicLane, Registration } from './registration.ts';
import type { Readers } from './read-along.ts';
import type { Origin } from './receiver.ts';

export interface UplinkHandlers {
  /** The registration as it is known. */
  registration(): Registration | undefined;
  registered(registration: Registration): void;
  listening(): void;
  /** A lane is about to be received from its first unacknowledged message. */
  rewound(lane: string): void;
  received(message: IncomingMessage, origin: Origin): Promise<void>;
  receivedPublic(message: IncomingMessage, kind: string): Promise<void>;
  readAlong(message: IncomingMessage, scope: Scope): Promise<void>;
  /** A reader of the scope's fan-out lane has come to stand. */
  attached(scope: Scope): void;
}

const HOST = 'host lane';
const SLOT = 'slot ';
const FAN_OUT = 'fan-out ';

/** The agent's ties to the control service and to the buses; each is attempted until it stands. */
export class Uplink implements Slots, Readers {
  readonly #deps: Pick<AgentDeps, 'control' | 'openCluster'>;
  readonly #options: AgentOptions;
  readonly #handlers: UplinkHandlers;
  readonly #logger: Logger;
  readonly #retry: Backoff;
  readonly #listeners: Listeners;
  readonly #stop = new AbortController();
  #registering: Promise<void> | undefined;
  /** Ends the waiting for answers that may come from where nobody is any more. */
  #moved = new AbortController();

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

  /**
   * Takes a registration up in place of the one before. What went by way of a cluster that has moved is closed; slots
   * are for their owner to open again.
   */
  follow(before: Registration | undefined, { lane, publicLanes, clusters }: Registration): void {
    for (const { name, serviceUrl } of before?.clusters ?? []) {
      const now = clusters.find((cluster) => cluster.name === name);
      if (now === undefined || now.serviceUrl === serviceUrl) continue;
      this.#logger.info('a cluster has moved', { cluster: name, serviceUrl: now.serviceUrl });
      for (const listener of this.#listeners.namesOn(name)) void this.#listeners.close(listener);
      this.#moved.abort(new PlatformError('unavailable', `the cluster ${name} has moved`));
      this.#moved = new AbortController();
    }
    if (before !== undefined && !isSame(before.lane, lane)) void this.#listeners.close(HOST);
    void this.#listenToHostLane(lane);
    for (const publicLane of publicLanes) this.#listenToKind(publicLane);
  }

  listen(assignment: Known): void {
    const { vpcId, scope, epoch, lane } = assignment;
    const id = assignmentId(vpcId, epoch);
    const address = { cluster: lane.cluster, ...addressIn(lane, assignment) };
    const origin: Origin = { lane: SLOT + id, scope, epoch, assignment };
    void this.#listeners.open(SLOT + id, lane.cluster, () => this.#subscribe(address, origin));
  }

  readAlong(scope: Scope, { cluster, topic, partitions }: Lane): void {
    const name = FAN_OUT + scope;
    if (this.#listeners.names().includes(name)) return;
    const read = async (): Promise<Subscription> => {
      const bus = await this.#busOf(cluster);
      return bus.read({
        at: { topic, partition: partitionOf(this.#hostId, partitions) },
        readerName: this.#hostId,
        handler: (message) => this.#handlers.readAlong(message, scope),
        onReturned: () => {
          this.#handlers.attached(scope);
        },
      });
    };
    void this.#listeners.open(name, cluster, read).then(() => {
      if (this.#listeners.isListening(name)) this.#handlers.attached(scope);
    });
  }

  /** May be called by what the reader hands over, and so does not wait for it. */
  stopReading(scope: Scope): void {
    void this.#listeners.close(FAN_OUT + scope);
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

  isListeningToHostLane(): boolean {
    return this.#listeners.isListening(HOST);
  }

  async sendReport(payload: Buffer): Promise<void> {
    const { statusTopic, statusPartitions } = this.#registration;
    await this.#send(statusTopic, statusPartitions, { properties: {}, payload });
  }

  async sendDeadLetter(message: OutgoingMessage): Promise<void> {
    const { deadLetterTopic } = this.#registration;
    if (deadLetterTopic === undefined) throw new PlatformError('unavailable', 'no place for it is known yet');
    await this.#send(deadLetterTopic, 1, message);
  }

  async close(): Promise<void> {
    this.#stop.abort(new PlatformError('cancelled', 'the agent is closed'));
    await Promise.all([this.#listeners.closeAll(), this.#registering]);
  }

  get #hostId(): string {
    return this.#options.host.id;
  }

  get #registration(): Registration {
    const registration = this.#handlers.registration();
    if (registration === undefined) throw new PlatformError('unavailable', 'not registered yet');
    return registration;
  }

  /** On the cluster of the host's lane. */
  async #send(topic: string, partitions: number, message: OutgoingMessage): Promise<void> {
    const { signal } = this.#moved;
    const bus = await this.#busOf(this.#registration.lane.cluster);
    const sending = bus.sendByKey(topic, partitions, this.#hostId, message);
    await unlessAborted(sending, signal);
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
    await this.#listeners.open(HOST, lane.cluster, () => this.#subscribe(lane, origin));
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
    void this.#listeners.open(`public ${cluster} ${kind}`, cluster, async () => {
      const bus = await this.#busOf(cluster);
      return bus.subscribeGroup({
        topic,
        partitions,
        subscription: subscriptions.group,
        consumerName: this.#hostId,
        order: 'any',
        handler: (message) => this.#handlers.receivedPublic(message, kind),
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
