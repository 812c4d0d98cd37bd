import { startHealthServer } from '../adapters/process/health.ts';
import { runService } from '../adapters/process/run-service.ts';
import { startAgent } from './agent.ts';
import type { Agent } from './agent.ts';
import { isCommand, runCommand } from './cli/command.ts';
import { readAgentConfig } from './config.ts';
import { openAgentContext } from './context.ts';
import { agentChecks } from './health.ts';
import { serveAgent } from './local/server.ts';
import type { LocalServer } from './local/server.ts';
import { openAgentMetrics } from './metrics.ts';

const argv = process.argv.slice(2);

// Nothing is awaited at the top level, which the bundle for the single executable could not do.
if (isCommand(argv)) {
  void runCommand(argv, process.env, process).then((code) => {
    process.exitCode = code;
  });
} else {
  void runService('agent', async () => {
    const config = readAgentConfig(process.env, argv);
    const context = await openAgentContext(config);
    const { logger } = context.deps;
    let agent: Agent | undefined;
    const metrics = openAgentMetrics(() => agent);
    let local: LocalServer | undefined;
    try {
      const events = { onDelay: metrics.onDelay };
      const running = await startAgent(context.deps, { ...context.options, events });
      agent = running;
      if (config.agentSocket !== '') local = await serveAgent({ agent, path: config.agentSocket, logger });
      const health = await startHealthServer({
        address: config.healthAddress,
        checks: agentChecks(running, context.sends, config.brokerProbeMs),
        metrics: () => metrics.render(),
      });
      return {
        readyFile: config.readyFile,
        endpoints: { health: health.address },
        logger,
        drain: async () => {
          await running.drain();
          await local?.close();
          await health.close();
          await context.close();
        },
      };
    } catch (error) {
      await local?.close();
      await agent?.close();
      await context.close();
      throw error;
    }
  });
}
