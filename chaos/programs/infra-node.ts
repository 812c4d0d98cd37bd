// An infrastructure node as `infra-node/main.ts` runs it, but with a store that has a seeded bug.
import { runService } from '../../adapters/process/run-service.ts';
import { readInfraConfig } from '../../infra-node/config.ts';
import { openInfraContext } from '../../infra-node/context.ts';
import { startInfraNode } from '../../infra-node/start.ts';
import { BUG_VARIABLE } from '../bugs.ts';
import { faultyStore } from './faulty-store.ts';

await runService('infra-node', async (signal) => {
  const config = readInfraConfig(process.env, process.argv.slice(2));
  const context = await openInfraContext(config);
  try {
    const store = faultyStore(context.deps.store, process.env[BUG_VARIABLE] ?? '');
    const node = await startInfraNode({ ...context.deps, store }, signal);
    context.setNode(node);
    return {
      graceMs: config.graceMs,
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
