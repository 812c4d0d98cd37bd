import { type ErrorCode, PlatformError } from '../../core/errors.ts';

/** The first word of an error reply. What is not listed is a mistake of ours: `internal`. */
const codeOfReply: Readonly<Partial<Record<string, ErrorCode>>> = {
  OOM: 'resource_exhausted',
  MISCONF: 'unavailable',
  READONLY: 'unavailable',
  LOADING: 'unavailable',
  BUSY: 'unavailable',
  MASTERDOWN: 'unavailable',
  NOREPLICAS: 'unavailable',
  CLUSTERDOWN: 'unavailable',
  TRYAGAIN: 'unavailable',
  MOVED: 'unavailable',
  ASK: 'unavailable',
  NOAUTH: 'unauthenticated',
  WRONGPASS: 'unauthenticated',
  NOPERM: 'permission_denied',
};

/** Redis before 7 wraps an error that a command had inside a script. */
const firstWord = /^(?:ERR .*user_script: ?\d+: )?-?([A-Z]+)\b/;

export function platformError(error: unknown): PlatformError {
  if (error instanceof PlatformError || !(error instanceof Error)) return PlatformError.from(error);
  if (error.name === 'ReplyError') {
    const code = codeOfReply[firstWord.exec(error.message)?.[1] ?? ''] ?? 'internal';
    return new PlatformError(code, `Redis: ${error.message}`, { cause: error });
  }
  if (error instanceof TypeError || error instanceof RangeError) return PlatformError.from(error);
  // Everything that ioredis reports and the server did not say is about the connection.
  return new PlatformError('unavailable', `Redis: ${error.message}`, { cause: error });
}
