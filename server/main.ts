import { withPort } from '../adapters/process/health.ts';
import { runService } from '../adapters/process/run-service.ts';
import { readServerConfig } from './config.ts';
import { openServerContext } from './context.ts';
import { startServer } from './start.ts';
import type { RunningServer } from './start.ts';

/** More than the calls get: clusters and store are closed after them. */
const CLOSE_MS = 10_000;

await runService('server', async (signal) => {
  const config = readServerConfig(process.env, process.argv.slice(2));
  const context = await openServerContext(config);
  let server: RunningServer | undefined;
  const close = async (): Promise<void> => {
    context.setServer(undefined);
    await server?.drain(config.graceMs);
    await context.close();
  };
  try {
    server = await startServer(context.parts, {
      address: config.grpcAddress,
      maxRequestBytes: config.maxRequestBytes,
      adminUrls: context.adminUrls,
      ...(context.credentials === undefined ? {} : { credentials: context.credentials }),
      onCall: context.onCall,
      signal,
    });
    context.setServer(server);
    await server.prepared;
    return {
      graceMs: config.graceMs + CLOSE_MS,
      readyFile: config.readyFile,
      endpoints: { grpc: withPort(config.grpcAddress, server.port), health: context.healthAddress },
      logger: context.parts.logger,
      drain: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
});
