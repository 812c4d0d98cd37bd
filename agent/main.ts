import { startHealthServer } from '../adapters/process/health.ts';
import { runService } from '../adapters/process/run-service.ts';
import { startAgent } from './agent.ts';
import { readAgentConfig } from './config.ts';
import { openAgentContext } from './context.ts';
import { agentHealth } from './health.ts';

await runService('agent', async () => {
  const config = readAgentConfig(process.env, process.argv.slice(2));
  const context = await openAgentContext(config);
  try {
    const agent = await startAgent(context.deps, context.options);
    const health = await startHealthServer({ address: config.healthAddress, ...agentHealth(agent) });
    return {
      readyFile: config.readyFile,
      endpoints: { health: String(health.port) },
      logger: context.deps.logger,
      drain: async () => {
        await agent.drain();
        await health.close();
        await context.close();
      },
    };
  } catch (error) {
    await context.close();
    throw error;
  }
});
