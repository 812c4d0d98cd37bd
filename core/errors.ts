/** What went wrong, as a closed set; each adapter maps its vendor's errors to one of these, once. */
export type ErrorCode =
  | 'invalid_argument'
  | 'not_found'
  | 'already_exists'
  | 'failed_precondition'
  | 'aborted'
  | 'resource_exhausted'
  | 'permission_denied'
  | 'unauthenticated'
  | 'unimplemented'
  | 'unavailable'
  | 'deadline_exceeded'
  | 'cancelled'
  | 'internal';

export interface FieldViolation {
  /** Path of the field in the request, as in the proto file: `fixed_ips[0].ip_address`. */
  readonly field: string;
  readonly description: string;
}

export interface ResourceName {
  /** Kind of resource in our terms: `port`, `security_group`. */
  readonly type: string;
  readonly id: string;
}

export interface ErrorDetails {
  readonly violations?: readonly FieldViolation[];
  readonly resource?: ResourceName;
  readonly cause?: unknown;
}

const retryableCodes: ReadonlySet<ErrorCode> = new Set(['aborted', 'unavailable', 'deadline_exceeded']);

export class PlatformError extends Error {
  override readonly name = 'PlatformError';
  readonly code: ErrorCode;
  readonly violations: readonly FieldViolation[];
  readonly resource: ResourceName | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.violations = details.violations ?? [];
    this.resource = details.resource;
  }

  /** True when the same call may succeed later without being changed. */
  get retryable(): boolean {
    return retryableCodes.has(this.code);
  }

  static from(error: unknown): PlatformError {
    if (error instanceof PlatformError) return error;
    return new PlatformError('internal', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}

export function invalid(field: string, description: string): PlatformError {
  return new PlatformError('invalid_argument', `${field}: ${description}`, {
    violations: [{ field, description }],
  });
}

export function notFound(type: string, id: string): PlatformError {
  return new PlatformError('not_found', `${type} ${JSON.stringify(id)} does not exist`, {
    resource: { type, id },
  });
}

export function alreadyExists(type: string, id: string): PlatformError {
  return new PlatformError('already_exists', `${type} ${JSON.stringify(id)} exists already`, {
    resource: { type, id },
  });
}

/** The `default:` of a switch over a union: does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new PlatformError('internal', `unexpected value ${JSON.stringify(value)}`);
}
