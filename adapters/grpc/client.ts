import { Client, credentials as channelCredentials, Metadata } from '@grpc/grpc-js';
import type { CallOptions, ChannelCredentials } from '@grpc/grpc-js';
import type { MethodDefinition } from '@grpc/proto-loader';
import { offAbort, onAbort } from '../../core/abort.ts';
import { PlatformError } from '../../core/errors.ts';
import { retry } from '../../core/retry.ts';
import { createErrorTranslator } from './errors.ts';
import { loadControl } from './loader.ts';
import type { ControlCallOptions, ControlClient } from './methods.ts';
import { callPolicyOf, readServiceConfig } from './service-config.ts';
import type { ServiceConfig } from './service-config.ts';

export interface ControlClientOptions {
  /**
   * A gRPC target such as `host:port`, whose addresses share the calls; or several of them: a call goes to the next one
   * after UNAVAILABLE.
   */
  readonly addresses: string | readonly string[];
  /** Default: no TLS. */
  readonly credentials?: ChannelCredentials;
  /** Sent with every call. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Default: as the service config of the contract has it. */
  readonly deadlineMs?: number;
  /**
   * Other than the service config of the contract has it. Only what is harmless is repeated: reads, RegisterHost, and
   * requests with a request_id. `attempts: 1` leaves it to the caller.
   */
  readonly retry?: { readonly attempts?: number; readonly baseMs?: number; readonly maxMs?: number };
  /** Told of each failure that is followed by a repeat. */
  readonly onRepeat?: (error: PlatformError) => void;
  readonly protoDirectory?: string;
}

type Method = MethodDefinition<object, object>;

export function openControlClient(options: ControlClientOptions): ControlClient {
  const { protoDirectory, onRepeat = () => undefined } = options;
  const serviceConfig = readServiceConfig(protoDirectory);
  const policy = callPolicyOf(serviceConfig);
  const { deadlineMs: defaultDeadlineMs = policy.deadlineMs } = options;
  const { attempts = policy.attempts, baseMs = policy.baseMs, maxMs = policy.maxMs } = options.retry ?? {};
  const errors = createErrorTranslator(protoDirectory);
  const channels = openChannels(options, serviceConfig);
  const scopes = new Set<AbortController>();
  let isClosed = false;
  let current = 0;

  /** Runs with a signal that both the caller's signal and close() abort. */
  function begin(outer: AbortSignal | undefined) {
    const scope = new AbortController();
    const cancel = () => {
      scope.abort(new PlatformError('cancelled', 'the call was cancelled'));
    };
    if (isClosed) scope.abort(closed());
    if (outer !== undefined) onAbort(outer, cancel);
    scopes.add(scope);
    const end = () => {
      if (outer !== undefined) offAbort(outer, cancel);
      scopes.delete(scope);
    };
    return { signal: scope.signal, end };
  }

  function prepare(signal: AbortSignal, call: ControlCallOptions) {
    signal.throwIfAborted();
    const metadata = new Metadata();
    for (const [name, value] of Object.entries({ ...options.metadata, ...call.metadata }))
      metadata.set(name, value);
    const index = current;
    const translate = (thrown: unknown): PlatformError => {
      const found = errors.fromServiceError(thrown);
      // Not by us: the server broke its connections off, which grpc-js calls CANCELLED.
      const isBroken = found.code === 'cancelled' && !signal.aborted;
      const error = isBroken
        ? new PlatformError('unavailable', 'the call was broken off', { cause: found })
        : found;
      // Calls that failed together move on by one address, not by one each.
      if (error.code === 'unavailable' && current === index) current = (index + 1) % channels.length;
      return error;
    };
    const channel = channels[index];
    if (channel === undefined) throw closed();
    return { channel, metadata, translate };
  }

  async function attempt(
    method: Method,
    request: object,
    call: ControlCallOptions,
    deadline: number,
    signal: AbortSignal,
  ): Promise<object> {
    const { channel, metadata, translate } = prepare(signal, call);
    const { path, requestSerialize: serialize, responseDeserialize: deserialize } = method;
    return await new Promise<object>((resolve, reject) => {
      const finish = (error: Error | null, response?: object) => {
        signal.removeEventListener('abort', cancel);
        if (error !== null) reject(translate(error));
        else resolve(response ?? {});
      };
      const running = channel.makeUnaryRequest(
        path,
        serialize,
        deserialize,
        request,
        metadata,
        { deadline },
        finish,
      );
      const cancel = () => {
        running.cancel();
      };
      signal.addEventListener('abort', cancel, { once: true });
    });
  }

  async function unary(method: Method, request: object, call: ControlCallOptions = {}): Promise<object> {
    const deadline = Date.now() + (call.deadlineMs ?? defaultDeadlineMs);
    const repeatable = isRepeatable(method.path, request);
    const { signal, end } = begin(call.signal);
    try {
      return await retry(() => attempt(method, request, call, deadline, signal), {
        attempts,
        baseMs,
        maxMs,
        factor: policy.factor,
        signal,
        retryIf: (error) => {
          const { code } = PlatformError.from(error);
          if (!repeatable || !policy.codes.has(code.toUpperCase())) return false;
          onRepeat(PlatformError.from(error));
          return true;
        },
      });
    } finally {
      end();
    }
  }

  async function* stream(
    method: Method,
    request: object,
    call: ControlCallOptions = {},
  ): AsyncGenerator<object, void, undefined> {
    const { signal, end } = begin(call.signal);
    try {
      const { channel, metadata, translate } = prepare(signal, call);
      const { path, requestSerialize: serialize, responseDeserialize: deserialize } = method;
      const limits: CallOptions =
        call.deadlineMs === undefined ? {} : { deadline: Date.now() + call.deadlineMs };
      const running = channel.makeServerStreamRequest(
        path,
        serialize,
        deserialize,
        request,
        metadata,
        limits,
      );
      signal.addEventListener('abort', () => {
        running.cancel();
      });
      // A cancelled call still emits its status as an error, when nobody iterates any more.
      running.on('error', () => undefined);
      try {
        const messages: AsyncIterable<object> = running;
        for await (const message of messages) yield message;
      } catch (error) {
        throw translate(error);
      } finally {
        running.cancel();
      }
    } finally {
      end();
    }
  }

  const client: Record<string, unknown> = {
    close: () => {
      isClosed = true;
      for (const scope of scopes) scope.abort(closed());
      for (const channel of channels) channel.close();
    },
  };
  const { service } = loadControl(protoDirectory).vpcast.v1.ControlService;
  const methods = service as unknown as Readonly<Record<string, Method>>;
  for (const [name, method] of Object.entries(methods)) {
    client[name.charAt(0).toLowerCase() + name.slice(1)] = method.responseStream
      ? (request: object, call?: ControlCallOptions) => stream(method, request, call)
      : (request: object, call?: ControlCallOptions) => unary(method, request, call);
  }
  // The loop makes a function for each rpc of the same contract that the type is derived from.
  return client as unknown as ControlClient;
}

function openChannels(options: ControlClientOptions, { loadBalancingConfig }: ServiceConfig): Client[] {
  const { addresses, credentials = channelCredentials.createInsecure() } = options;
  const list = typeof addresses === 'string' ? [addresses] : addresses;
  if (list.length === 0) throw new PlatformError('invalid_argument', 'no address of a control service given');
  // Repeats are ours: the library's would go by the method alone, and to the same target.
  const channelOptions = { 'grpc.service_config': JSON.stringify({ loadBalancingConfig }) };
  return list.map((address) => new Client(address, credentials, channelOptions));
}

function isRepeatable(path: string, request: object): boolean {
  const method = path.slice(path.lastIndexOf('/') + 1);
  if (/^(Get|List|RegisterHost$)/.test(method)) return true;
  return 'requestId' in request && typeof request.requestId === 'string' && request.requestId !== '';
}

function closed(): PlatformError {
  return new PlatformError('cancelled', 'the client is closed');
}
