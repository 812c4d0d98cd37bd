import { once } from 'node:events';
import type { Logger } from '../../core/logger.ts';
import { HelpRequested, SettingsError } from './env.ts';
import { createLogger } from './logger.ts';
import { removeReadyFile, writeReadyFile } from './ready-file.ts';

export interface Service {
  /** Stops the intake, finishes what is running, closes. Called once. */
  drain(): Promise<void>;
  /** How long draining may take before the process is ended by force. Default 25 s. */
  readonly graceMs?: number;
  /** Written as soon as the service has started and removed when it stops: `{name, pid, endpoints}`. */
  readonly readyFile?: string | undefined;
  readonly endpoints?: Readonly<Record<string, string>>;
  /** For what is said about the process from now on. */
  readonly logger?: Logger;
}

const defaultGraceMs = 25_000;
/** After a drain, or a failed start, nothing should be open any more. */
const lingerMs = 5_000;
const longestTimerMs = 2 ** 31 - 1;

/**
 * Runs a program: starts it, waits for SIGTERM or SIGINT or a stray error, drains it once, and sets the exit code. The
 * signal tells a start in progress that it is no longer wanted. A second SIGTERM or SIGINT, or the end of the grace
 * period, ends the process with code 1.
 */
export async function runService(
  name: string,
  start: (signal: AbortSignal) => Promise<Service>,
): Promise<void> {
  let logger = createLogger({ name, level: 'info' });
  let graceMs = defaultGraceMs;
  const stop = new AbortController();

  const abandon = (reason: string) => {
    logger.error('ended by force', { reason, open: process.getActiveResourcesInfo() });
    process.exit(1);
  };
  const forceAfter = (ms: number, reason: string) => {
    // Unreferenced: it only strikes where something else keeps the process alive.
    setTimeout(abandon, ms, reason).unref();
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stop.signal.aborted) {
      abandon(`${signal} while stopping`);
      return;
    }
    logger.info('stopping', { signal });
    stop.abort(new Error(`stopped by ${signal}`));
  };
  const onStrayError = (error: unknown) => {
    logger.error('stray error', { error });
    process.exitCode = 1;
    stop.abort(error);
  };
  stop.signal.addEventListener('abort', () => {
    forceAfter(graceMs, 'the grace period is over');
  });
  // They stay until the process ends: a second signal or error may come at any time.
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  process.on('uncaughtException', onStrayError).on('unhandledRejection', onStrayError);
  // A service may have nothing that keeps Node alive: an addon's threads do not.
  const alive = setInterval(() => undefined, longestTimerMs);

  try {
    const service = await start(stop.signal);
    ({ graceMs = defaultGraceMs, logger = logger } = service);
    await serve(name, service, logger, stop.signal);
  } catch (error) {
    report(error, stop.signal, logger);
  }
  clearInterval(alive);
  forceAfter(lingerMs, 'something was left open');
}

/** Never throws: what start() threw is the only error that may be harmless. */
async function serve(name: string, service: Service, logger: Logger, stop: AbortSignal): Promise<void> {
  const { readyFile, endpoints = {} } = service;
  const attempt = async (step: string, action: () => Promise<void>) => {
    try {
      await action();
    } catch (error) {
      logger.error(`${step} failed`, { error });
      process.exitCode = 1;
      return false;
    }
    return true;
  };
  const announced = await attempt('ready file', async () => {
    if (readyFile !== undefined) await writeReadyFile(readyFile, { name, pid: process.pid, endpoints });
  });
  if (announced && !stop.aborted) {
    logger.info('ready', { endpoints });
    await once(stop, 'abort');
  }
  await attempt('ready file', async () => {
    if (readyFile !== undefined) await removeReadyFile(readyFile);
  });
  if (await attempt('drain', () => service.drain())) logger.info('stopped');
}

function report(error: unknown, stop: AbortSignal, logger: Logger): void {
  if (error instanceof HelpRequested) {
    process.stdout.write(error.text);
  } else if (stop.aborted) {
    // Whoever called the start off has set the exit code.
    logger.info('stopped before it was ready', { reason: String(error) });
  } else {
    process.exitCode = 1;
    if (error instanceof SettingsError) logger.error('wrong settings', { problems: error.problems });
    else logger.error('start failed', { error });
  }
}
