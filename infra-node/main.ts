import { runService } from '../adapters/process/run-service.ts';
import { readInfraConfig } from './config.ts';
import { openInfraContext } from './context.ts';
import { startInfraNode } from './start.ts';

/** More than the dispatches get: clusters and store are closed after them. */
const CLOSE_MS = 8_000;

await runService('infra-node', async (signal) => {
  const config = readInfraConfig(process.env, process.argv.slice(2));
  const context = await openInfraContext(config);
  try {
    const node = await startInfraNode(context.deps, signal);
    context.setNode(node);
    return {
      graceMs: config.graceMs + CLOSE_MS,
      readyFile: config.readyFile,
      endpoints: { health: context.healthAddress },
      logger: context.deps.logger,
      drain: async () => {
        await node.drain(config.graceMs);
        await context.close();
      },
    };
  } catch (error) {
    await context.close();
    throw error;
  }
});
