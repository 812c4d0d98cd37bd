import { startHealthServer } from '../adapters/process/health.ts';
import { renderCounters, renderGauges } from '../adapters/process/metrics.ts';
import { runService } from '../adapters/process/run-service.ts';
import { startAgent } from './agent.ts';
import type { Agent } from './agent.ts';
import { readAgentConfig } from './config.ts';
import { openAgentContext } from './context.ts';
import { agentChecks, agentGauges } from './health.ts';

await runService('agent', async () => {
  const config = readAgentConfig(process.env, process.argv.slice(2));
  const context = await openAgentContext(config);
  let agent: Agent | undefined;
  try {
    const running = await startAgent(context.deps, context.options);
    agent = running;
    const health = await startHealthServer({
      address: config.healthAddress,
      checks: agentChecks(running, context.checkBroker),
      metrics: () =>
        renderCounters('vpcast_agent', running.counters) + renderGauges('vpcast_agent', agentGauges(running)),
    });
    return {
      readyFile: config.readyFile,
      endpoints: { health: health.address },
      logger: context.deps.logger,
      drain: async () => {
        await running.drain();
        await health.close();
        await context.close();
      },
    };
  } catch (error) {
    await agent?.close();
    await context.close();
    throw error;
  }
});
