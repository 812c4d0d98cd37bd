import { retry } from '../../core/retry.ts';
import type { Node } from '../node.ts';
import { Exchange } from './exchange.ts';
import { TaskSplitter } from './task-splitter.ts';

/**
 * Lets the node take part in large tasks, its own and those of others, as soon as the topics for it are there. Resolves
 * with what is to be closed, or undefined where nothing is split or the signal came first.
 */
export async function openSplitting(node: Node, signal: AbortSignal): Promise<Exchange | undefined> {
  if (node.options.splitAbove === 0) return undefined;
  try {
    const exchange = await retry(() => open(node), {
      ...{ signal, attempts: Infinity, maxMs: 30_000 },
      retryIf: () => true,
    });
    node.splitter = new TaskSplitter(node, exchange);
    return exchange;
  } catch {
    return undefined;
  }
}

async function open(node: Node): Promise<Exchange> {
  try {
    return await Exchange.open(node);
  } catch (error) {
    node.logger.warn('large tasks are not split yet', { error });
    throw error;
  }
}
