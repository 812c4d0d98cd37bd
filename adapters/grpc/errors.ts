import { Metadata, status, type ServerErrorResponse, type ServiceError } from '@grpc/grpc-js';
import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader';
import { PlatformError, type ErrorCode, type FieldViolation, type ResourceName } from '../../core/errors.ts';
import { loadDefinition } from './loader.ts';

/** The one table between our codes and gRPC's. */
const statusOf = {
  invalid_argument: status.INVALID_ARGUMENT,
  not_found: status.NOT_FOUND,
  already_exists: status.ALREADY_EXISTS,
  failed_precondition: status.FAILED_PRECONDITION,
  aborted: status.ABORTED,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  permission_denied: status.PERMISSION_DENIED,
  unauthenticated: status.UNAUTHENTICATED,
  unimplemented: status.UNIMPLEMENTED,
  unavailable: status.UNAVAILABLE,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
  cancelled: status.CANCELLED,
  internal: status.INTERNAL,
} as const satisfies Record<ErrorCode, status>;

const ownCodes = Object.keys(statusOf) as ErrorCode[];
const codes = new Map<status, ErrorCode>([
  // Never sent by us; a proxy may.
  [status.OUT_OF_RANGE, 'invalid_argument'],
  ...ownCodes.map((code): [status, ErrorCode] => [statusOf[code], code]),
]);

const trailer = 'grpc-status-details-bin';
const typePrefix = 'type.googleapis.com/';
/** Trailers share the peer's header limit, 8 KiB with many; what is longer would turn into a broken call. */
const maxMessageChars = 1000;
const maxViolationChars = 3000;

/** protobufjs has its own declaration of Any, whose field keeps this name whatever keepCase says. */
interface Any {
  readonly type_url: string;
  readonly value: Buffer;
}
interface RpcStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly Any[];
}
interface BadRequest {
  readonly fieldViolations: readonly FieldViolation[];
}
interface ResourceInfo {
  readonly resourceType: string;
  readonly resourceName: string;
}
interface ErrorInfo {
  readonly reason: string;
  readonly domain: string;
}

export type GrpcStatus = Pick<ServerErrorResponse, 'code' | 'details' | 'metadata' | 'name' | 'message'>;

/** Translates errors at the edge: to what grpc-js sends, and from what it received. */
export interface ErrorTranslator {
  toStatus(error: PlatformError): GrpcStatus;
  fromServiceError(error: unknown): PlatformError;
}

export function createErrorTranslator(protoDirectory?: string): ErrorTranslator {
  const definition = loadDefinition(
    ['google/rpc/status.proto', 'google/rpc/error_details.proto'],
    protoDirectory,
  );
  const rpcStatus = messageType<RpcStatus>(definition, 'google.rpc.Status');
  const badRequest = messageType<BadRequest>(definition, 'google.rpc.BadRequest');
  const resourceInfo = messageType<ResourceInfo>(definition, 'google.rpc.ResourceInfo');
  const errorInfo = messageType<ErrorInfo>(definition, 'google.rpc.ErrorInfo');

  function toStatus(error: PlatformError): GrpcStatus {
    const code = statusOf[error.code];
    const message = wellFormed(error.message.slice(0, maxMessageChars));
    const details = [
      any('google.rpc.ErrorInfo', errorInfo, { reason: reasonOf(error.code), domain: 'vpcast' }),
    ];
    if (error.violations.length > 0) {
      details.push(
        any('google.rpc.BadRequest', badRequest, { fieldViolations: withinLimit(error.violations) }),
      );
    }
    if (error.resource !== undefined) {
      const { type: resourceType, id: resourceName } = error.resource;
      details.push(any('google.rpc.ResourceInfo', resourceInfo, { resourceType, resourceName }));
    }
    const metadata = new Metadata();
    metadata.set(trailer, rpcStatus.serialize({ code, message, details }));
    return { code, details: message, metadata, name: error.name, message };
  }

  function fromServiceError(error: unknown): PlatformError {
    if (error instanceof PlatformError) return error;
    if (!isServiceError(error)) return PlatformError.from(error);
    const found: { violations?: readonly FieldViolation[]; resource?: ResourceName } = {};
    let code = codes.get(error.code) ?? 'internal';
    const [bytes] = error.metadata.get(trailer);
    try {
      const details = bytes instanceof Buffer ? rpcStatus.deserialize(bytes).details : [];
      for (const { type_url: typeUrl, value } of details) {
        if (typeUrl === `${typePrefix}google.rpc.BadRequest`) {
          found.violations = badRequest.deserialize(value).fieldViolations;
        } else if (typeUrl === `${typePrefix}google.rpc.ResourceInfo`) {
          const { resourceType, resourceName } = resourceInfo.deserialize(value);
          found.resource = { type: resourceType, id: resourceName };
        } else if (typeUrl === `${typePrefix}google.rpc.ErrorInfo`) {
          const { reason, domain } = errorInfo.deserialize(value);
          const ours = domain === 'vpcast' ? codeOf(reason) : undefined;
          code = ours ?? code;
        }
      }
    } catch {
      // Unreadable details: the status itself is still right.
    }
    return new PlatformError(code, error.details, { ...found, cause: error });
  }

  return { toStatus, fromServiceError };
}

function messageType<T>(definition: PackageDefinition, name: string): MessageTypeDefinition<T, T> {
  const found = definition[name];
  if (found === undefined || !('serialize' in found))
    throw new Error(`${name} is not a message of the contract`);
  return found as unknown as MessageTypeDefinition<T, T>;
}

function any<T>(name: string, type: MessageTypeDefinition<T, T>, message: T): Any {
  return { type_url: typePrefix + name, value: type.serialize(message) };
}

function withinLimit(violations: readonly FieldViolation[]): FieldViolation[] {
  let chars = 0;
  return violations.filter(({ field, description }) => {
    chars += field.length + description.length;
    return chars <= maxViolationChars;
  });
}

/** grpc-js throws on a lone surrogate in the status message. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function reasonOf(code: ErrorCode): string {
  return code.toUpperCase();
}

function codeOf(reason: string): ErrorCode | undefined {
  return ownCodes.find((code) => reasonOf(code) === reason);
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error && 'metadata' in error;
}
