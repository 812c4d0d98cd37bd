import type {
  ControlServiceDefinition,
  ControlServiceHandlers,
} from '../../proto/gen/vpcast/v1/ControlService.ts';

/** Names of the rpcs as in the proto file, without the generated types' index signature. */
export type MethodName = keyof {
  [M in keyof ControlServiceHandlers as string extends M ? never : number extends M ? never : M]: M;
};

/** A unary handler of grpc-js takes a callback, a streaming one does not. */
export type StreamingName = {
  [M in MethodName]: Parameters<ControlServiceHandlers[M]>['length'] extends 2 ? never : M;
}[MethodName];

export type UnaryName = Exclude<MethodName, StreamingName>;

/** What a caller may pass: every field may be left out. */
export type RequestInput<M extends MethodName> = Parameters<
  ControlServiceDefinition[M]['requestSerialize']
>[0];

/** What a handler receives: defaults are filled in. */
export type Request<M extends MethodName> = ReturnType<ControlServiceDefinition[M]['requestDeserialize']>;

/** What a handler may answer. */
export type ResponseInput<M extends MethodName> = Parameters<
  ControlServiceDefinition[M]['responseSerialize']
>[0];

/** What a caller receives. */
export type Response<M extends MethodName> = ReturnType<ControlServiceDefinition[M]['responseDeserialize']>;

export interface CallContext {
  /** `CreateVpc`. */
  readonly method: string;
  /** Aborts when the caller cancels or is gone, when its deadline passes, and when the server is cut off. */
  readonly signal: AbortSignal;
  /** Text headers of the call, names in lower case. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly peer: string;
}

export type UnaryHandler<Q, R> = (request: Q, call: CallContext) => Promise<R>;
/** An async generator: it is resumed as fast as the caller reads, and returned when the call is over. */
export type StreamingHandler<Q, R> = (request: Q, call: CallContext) => AsyncIterable<R>;

/** One function for each rpc. Requests may hold enum numbers that the contract does not know: validate. */
export type ControlHandlers = {
  [M in UnaryName as Uncapitalize<M>]: UnaryHandler<Request<M>, ResponseInput<M>>;
} & {
  [M in StreamingName as Uncapitalize<M>]: StreamingHandler<Request<M>, ResponseInput<M>>;
};

export interface ControlCallOptions {
  /** For the call with its repeats. Default: the client's; a stream has none unless it is given here. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  /** Added to the client's own. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** One function for each rpc. Every failure is a PlatformError. A stream begins when it is first read. */
export type ControlClient = {
  [M in UnaryName as Uncapitalize<M>]: (
    request: RequestInput<M>,
    options?: ControlCallOptions,
  ) => Promise<Response<M>>;
} & {
  [M in StreamingName as Uncapitalize<M>]: (
    request: RequestInput<M>,
    options?: ControlCallOptions,
  ) => AsyncIterable<Response<M>>;
} & {
  /** Cancels what is running and gives the connections back. */
  close(): void;
};
