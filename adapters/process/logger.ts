import { destination as pinoDestination, pino, stdTimeFunctions, type DestinationStream } from 'pino';
import { PlatformError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** The program. */
  readonly name: string;
  readonly level: LogLevel;
  /** Takes one JSON line for each message. Default: standard error; standard output stays free. */
  readonly destination?: DestinationStream;
}

const stderr = 2;

export function createLogger({ name, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { name, pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  // Synchronous: the last lines before a crash are the ones that matter.
  return wrap(pino(options, destination ?? pinoDestination({ fd: stderr, sync: true })));
}

function wrap(inner: pino.Logger): Logger {
  return {
    debug(message, fields) {
      if (inner.isLevelEnabled('debug')) inner.debug(plain(fields), message);
    },
    info(message, fields) {
      inner.info(plain(fields), message);
    },
    warn(message, fields) {
      inner.warn(plain(fields), message);
    },
    error(message, fields) {
      inner.error(plain(fields), message);
    },
    child: (fields) => wrap(inner.child(plain(fields))),
  };
}

function plain(fields: Record<string, unknown> = {}): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? describe(value) : value]),
  );
}

/** An error as a plain object, with its causes. */
function describe(error: Error, depth = 0): Record<string, unknown> {
  const description: Record<string, unknown> = { type: error.name, message: error.message };
  if (error instanceof PlatformError) {
    description['code'] = error.code;
    if (error.violations.length > 0) description['violations'] = error.violations;
    if (error.resource !== undefined) description['resource'] = error.resource;
  } else if ('code' in error) {
    description['code'] = error.code;
  }
  // Node's failed connections: one error for each address, and no message of its own.
  if (error instanceof AggregateError) description['errors'] = error.errors.map(String);
  description['stack'] = error.stack;
  if (error.cause !== undefined && depth < 5) {
    description['cause'] = error.cause instanceof Error ? describe(error.cause, depth + 1) : error.cause;
  }
  return description;
}
