import { startHealthServer } from '../adapters/process/health.ts';
import { runService } from '../adapters/process/run-service.ts';
import { readInfraConfig } from './config.ts';
import { openInfraContext } from './context.ts';
import { renderMetrics } from './metrics.ts';
import { startInfraNode } from './start.ts';
import { emptyStats } from './stats.ts';
import type { InfraStats } from './stats.ts';

await runService('infra-node', async (signal) => {
  const config = readInfraConfig(process.env, process.argv.slice(2));
  const context = await openInfraContext(config);
  const { store, logger } = context.deps;
  let stats: Readonly<InfraStats> = emptyStats();
  const health = await startHealthServer({
    address: config.healthAddress,
    checks: { redis: () => store.ping() },
    metrics: () => renderMetrics(stats),
  });
  const close = async (): Promise<void> => {
    await health.close();
    await context.close();
  };
  try {
    const node = await startInfraNode(context.deps, signal);
    stats = node.stats;
    return {
      graceMs: config.graceMs,
      readyFile: config.readyFile,
      endpoints: { health: String(health.port) },
      logger,
      drain: async () => {
        await node.drain();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
});
