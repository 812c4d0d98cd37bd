import type { MessageBus, MessagingCluster, TopicAdmin } from '../../core/messaging/port.ts';
import { MemoryBus } from './bus.ts';
import type { LogHook } from './bus-member.ts';
import { Topics } from './bus-topics.ts';
import { Turns } from './bus-turns.ts';

export interface ClusterClient extends MessagingCluster {
  close(): Promise<void>;
}

export interface MemoryClusterOptions {
  readonly name?: string;
  /** Hears of handlers that failed. */
  readonly log?: LogHook;
}

/**
 * An in-process cluster. It is itself a client; `openClient` gives further ones, and closing one closes only what
 * that one subscribed. Nothing outlives the process.
 */
export class MemoryCluster implements ClusterClient {
  readonly name: string;
  readonly bus: MessageBus;
  readonly admin: TopicAdmin;
  private readonly topics = new Topics();
  private readonly turns = new Turns();
  private readonly log: LogHook;

  constructor({ name = 'memory', log = () => undefined }: MemoryClusterOptions = {}) {
    this.name = name;
    this.log = log;
    this.admin = this.topics;
    this.bus = this.openBus();
  }

  openClient(): ClusterClient {
    const bus = this.openBus();
    return { name: this.name, bus, admin: this.admin, close: () => bus.close() };
  }

  close(): Promise<void> {
    return this.bus.close();
  }

  private openBus(): MessageBus {
    return new MemoryBus(this.topics, this.turns, this.log);
  }
}
