import { PlatformError } from '../../core/errors.ts';
import type { ErrorCode } from '../../core/errors.ts';

/** The addon's results, the last word of its messages: "Failed to create consumer: ConsumerBusy". */
const codes: Readonly<Record<string, ErrorCode>> = {
  ConsumerBusy: 'failed_precondition',
  ConsumerAssignError: 'failed_precondition',
  ProducerBusy: 'failed_precondition',
  ProducerFenced: 'failed_precondition',
  TopicTerminated: 'failed_precondition',
  IncompatibleSchema: 'failed_precondition',
  TopicNotFound: 'not_found',
  SubscriptionNotFound: 'not_found',
  ConsumerNotFound: 'not_found',
  InvalidTopicName: 'invalid_argument',
  InvalidUrl: 'invalid_argument',
  InvalidConfiguration: 'invalid_argument',
  InvalidMessage: 'invalid_argument',
  MessageTooBig: 'resource_exhausted',
  ProducerQueueIsFull: 'resource_exhausted',
  MemoryBufferIsFull: 'resource_exhausted',
  ProducerBlockedQuotaExceededError: 'resource_exhausted',
  ProducerBlockedQuotaExceededException: 'resource_exhausted',
  AuthenticationError: 'unauthenticated',
  ErrorGettingAuthenticationData: 'unauthenticated',
  AuthorizationError: 'permission_denied',
  NotAllowedError: 'permission_denied',
  OperationNotSupported: 'unimplemented',
  UnsupportedVersionError: 'unimplemented',
  AlreadyClosed: 'cancelled',
  Interrupted: 'cancelled',
  Timeout: 'unavailable',
  TimeOut: 'unavailable',
  Disconnected: 'unavailable',
  NotConnected: 'unavailable',
  ConnectError: 'unavailable',
  ReadError: 'unavailable',
  LookupError: 'unavailable',
  Retryable: 'unavailable',
  ServiceUnitNotReady: 'unavailable',
  ServiceNotReady: 'unavailable',
  TooManyLookupRequestException: 'unavailable',
  TooManyRequests: 'unavailable',
  BrokerMetadataError: 'unavailable',
  BrokerPersistenceError: 'unavailable',
  MetadataError: 'unavailable',
  PersistenceError: 'unavailable',
  ProducerNotInitialized: 'unavailable',
  ConsumerNotInitialized: 'unavailable',
};

/** `what` says what was tried, and on what. */
export function fromAddon(error: unknown, what: string): PlatformError {
  if (error instanceof PlatformError) return error;
  const text = error instanceof Error ? error.message : String(error);
  // Some versions write "ResultConsumerBusy".
  const result = /(\w+)\s*$/.exec(text)?.[1]?.replace(/^Result(?=[A-Z])/, '') ?? '';
  return new PlatformError(codes[result] ?? 'internal', `${what}: ${text}`, { cause: error });
}

export function fromStatus(status: number, what: string, body: string): PlatformError {
  // Two who make the same subscription at the same time: one of them is told 412.
  const code = status === 412 && /Busy|fence/.test(body) ? 'aborted' : codeOfStatus(status);
  return new PlatformError(code, `${what}: HTTP ${status} ${body.slice(0, 300)}`);
}

function codeOfStatus(status: number): ErrorCode {
  switch (status) {
    case 401:
      return 'unauthenticated';
    case 403:
      return 'permission_denied';
    case 404:
      return 'not_found';
    case 409:
      return 'aborted';
    case 412:
      return 'failed_precondition';
    case 429:
      return 'unavailable';
    default:
      if (status >= 500) return 'unavailable';
      return status >= 400 ? 'invalid_argument' : 'internal';
  }
}
