import { startHealthServer } from '../adapters/process/health.ts';
import { runService } from '../adapters/process/run-service.ts';
import { readServerConfig } from './config.ts';
import { openServerContext } from './context.ts';
import { startServer } from './start.ts';

await runService('server', async (signal) => {
  const config = readServerConfig(process.env, process.argv.slice(2));
  const context = await openServerContext(config);
  const { store, logger } = context.parts;
  const health = await startHealthServer({
    address: config.healthAddress,
    checks: { redis: () => store.ping() },
  });
  const close = async (): Promise<void> => {
    await health.close();
    await context.close();
  };
  try {
    const server = await startServer(context.parts, {
      address: config.grpcAddress,
      maxRequestBytes: config.maxRequestBytes,
      adminUrls: context.adminUrls,
      signal,
    });
    return {
      graceMs: config.graceMs + 10_000,
      readyFile: config.readyFile,
      endpoints: { grpc: String(server.port), health: String(health.port) },
      logger,
      drain: async () => {
        await server.drain(config.graceMs);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
});
