import type { Node } from '../node.ts';
import { cut } from './chunk.ts';
import type { Chunk, CopyTask, HostCopy, Splitter } from './chunk.ts';
import type { Exchange } from './exchange.ts';
import { OtherNodes } from './other-nodes.ts';

/** Offers ahead of what is done, for each node: two that it sends, one that waits there, one on its way. */
const AHEAD = 4;

/** Cuts a task into chunks. While other nodes are there, it offers them to all; else they are sent from here. */
export class TaskSplitter implements Splitter {
  readonly #node: Node;
  readonly #exchange: Exchange;
  readonly #others: OtherNodes;

  constructor(node: Node, exchange: Exchange) {
    this.#node = node;
    this.#exchange = exchange;
    this.#others = new OtherNodes(node);
  }

  async send(
    task: CopyTask,
    copies: readonly HostCopy[],
    sendHere: (copy: HostCopy) => Promise<void>,
  ): Promise<void> {
    const { chunkHosts, chunkPatienceMs } = this.#node.options;
    const waiting = cut(task, copies, chunkHosts);
    const offers = new Offers(this.#exchange);
    let isPatient = true;
    try {
      for (;;) {
        const others = isPatient ? this.#others.count() : 0;
        const next = offers.size < AHEAD * (others + 1) ? waiting.shift() : undefined;
        if (next !== undefined) {
          if (others > 0 && offers.add(next)) continue;
          for (const copy of next.copies) await sendHere(copy);
        } else if (offers.size === 0) {
          return;
        } else if (!(await offers.hearOfOne(chunkPatienceMs))) {
          // Nodes hang, or messages are lost: done twice is better than late.
          isPatient = false;
          waiting.push(...offers.takeBack());
        }
      }
    } finally {
      offers.takeBack();
    }
  }
}

/** Chunks of one task that are offered and not done. */
class Offers {
  readonly #exchange: Exchange;
  readonly #chunks = new Map<string, Chunk>();
  #onDone: () => void = () => undefined;

  constructor(exchange: Exchange) {
    this.#exchange = exchange;
  }

  get size(): number {
    return this.#chunks.size;
  }

  /** False = the chunk cannot be offered. */
  add(chunk: Chunk): boolean {
    const id = this.#exchange.offer(chunk, () => {
      if (id !== undefined) this.#chunks.delete(id);
      this.#onDone();
    });
    if (id === undefined) return false;
    this.#chunks.set(id, chunk);
    return true;
  }

  /** Resolves when the next one is done; with false if none is within the time. */
  hearOfOne(patienceMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patienceMs, false);
      this.#onDone = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  takeBack(): Chunk[] {
    const chunks = [...this.#chunks.values()];
    for (const id of this.#chunks.keys()) this.#exchange.withdraw(id);
    this.#chunks.clear();
    return chunks;
  }
}
