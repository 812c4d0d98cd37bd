import { subscriptions } from '../../core/placement/topics.ts';
import type { Node } from '../node.ts';

const ASK_EVERY_MS = 1_000;

/**
 * How many other nodes take chunks, as the broker knows. It is asked in the background, and only while somebody wants
 * to know; until its answer the last one stands.
 */
export class OtherNodes {
  readonly #node: Node;
  #count = 0;
  #askedAtMs = -Infinity;

  constructor(node: Node) {
    this.#node = node;
  }

  count(): number {
    const nowMs = this.#node.clock();
    if (nowMs - this.#askedAtMs >= ASK_EVERY_MS) {
      this.#askedAtMs = nowMs;
      void this.#ask();
    }
    return this.#count;
  }

  async #ask(): Promise<void> {
    const { home, topics, logger } = this.#node;
    try {
      const stats = await home.admin.topicStats(topics.chunks);
      const consumers = stats?.subscriptions[subscriptions.infra]?.consumers.length ?? 0;
      // One of them is this node.
      this.#count = Math.max(0, consumers - 1);
    } catch (error) {
      logger.debug('the nodes that take chunks cannot be told', { error });
    }
  }
}
