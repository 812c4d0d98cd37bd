import { once } from 'node:events';
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  ServerUnaryCall,
  ServerWritableStream,
} from '@grpc/grpc-js';
import { PlatformError, type ErrorCode } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import type { ErrorTranslator } from './errors.ts';
import type { CallContext, StreamingHandler, UnaryHandler } from './methods.ts';

/** One finished call. */
export interface CallReport {
  /** `CreateVpc`. */
  readonly method: string;
  readonly code: 'ok' | ErrorCode;
  readonly durationMs: number;
}

export interface CallRunnerOptions {
  readonly errors: ErrorTranslator;
  readonly logger: Logger;
  readonly onCall: (report: CallReport) => void;
}

type Kind = 'unary' | 'stream';
type ServerCall = ServerUnaryCall<object, object> | ServerWritableStream<object, object>;
type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: PlatformError };

/** Runs handlers: gives each a signal, translates and logs what it throws, and knows which calls are running. */
export class CallRunner {
  readonly #options: CallRunnerOptions;
  readonly #running = new Map<AbortController, Kind>();
  readonly #onEnd = new Set<() => void>();
  #refusing = false;

  constructor(options: CallRunnerOptions) {
    this.#options = options;
  }

  unary(method: string, handler: UnaryHandler<object, object>): handleUnaryCall<object, object> {
    return (call, respond) => {
      const body = async (context: CallContext) => handler(call.request, context);
      void this.#run('unary', method, call, body).then((outcome) => {
        if (outcome.ok) respond(null, outcome.value);
        else respond(this.#options.errors.toStatus(outcome.error));
      });
    };
  }

  streaming(
    method: string,
    handler: StreamingHandler<object, object>,
  ): handleServerStreamingCall<object, object> {
    return (call) => {
      const body = (context: CallContext) => this.#pump(call, handler, context);
      void this.#run('stream', method, call, body).then((outcome) => {
        if (outcome.ok) call.end();
        else call.emit('error', this.#options.errors.toStatus(outcome.error));
      });
    };
  }

  /** From now on new calls end with UNAVAILABLE. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Resolves when no unary call is running, at the latest after this time. */
  async unaryIdle(timeoutMs: number): Promise<void> {
    const isIdle = () => ![...this.#running.values()].includes('unary');
    if (isIdle()) return;
    await new Promise<void>((resolve) => {
      const check = () => {
        if (isIdle()) finish();
      };
      const finish = () => {
        clearTimeout(timer);
        this.#onEnd.delete(check);
        resolve();
      };
      const timer = setTimeout(finish, timeoutMs);
      this.#onEnd.add(check);
    });
  }

  /** Ends every running call with UNAVAILABLE. */
  cut(): void {
    for (const controller of this.#running.keys()) controller.abort(shuttingDown());
  }

  async #run<T>(
    kind: Kind,
    method: string,
    call: ServerCall,
    body: (context: CallContext) => Promise<T>,
  ): Promise<Outcome<T>> {
    const startedAt = performance.now();
    const controller = new AbortController();
    const onCancelled = () => {
      controller.abort(cancellation(call));
    };
    this.#running.set(controller, kind);
    call.on('cancelled', onCancelled);
    if (call.cancelled) onCancelled();
    let outcome: Outcome<T>;
    try {
      if (this.#refusing) throw shuttingDown();
      const { signal } = controller;
      const context = { method, signal, metadata: headers(call), peer: call.getPeer() };
      outcome = { ok: true, value: await untilAborted(body(context), signal) };
    } catch (error) {
      outcome = { ok: false, error: this.#report(method, error) };
    }
    call.off('cancelled', onCancelled);
    this.#running.delete(controller);
    for (const onEnd of this.#onEnd) onEnd();
    const code = outcome.ok ? 'ok' : outcome.error.code;
    this.#options.onCall({ method, code, durationMs: performance.now() - startedAt });
    return outcome;
  }

  async #pump(
    call: ServerWritableStream<object, object>,
    handler: StreamingHandler<object, object>,
    context: CallContext,
  ): Promise<void> {
    const { signal } = context;
    const iterator = handler(call.request, context)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const step = await untilAborted(iterator.next(), signal);
        if (step.done === true) return;
        if (!call.write(step.value)) await untilAborted(once(call, 'drain', { signal }), signal);
      }
    } finally {
      // Not awaited: a generator that waits for something else than the signal would hold up the call's end.
      iterator.return?.().catch((error: unknown) => this.#report(context.method, error));
    }
  }

  #report(method: string, thrown: unknown): PlatformError {
    const { logger } = this.#options;
    if (!(thrown instanceof PlatformError)) {
      logger.error('call failed', { method, error: thrown });
      // The text of an error that nobody meant for the caller may name hosts, keys and paths.
      return new PlatformError('internal', 'internal error', { cause: thrown });
    }
    if (thrown.code === 'internal') logger.error('call failed', { method, error: thrown });
    else if (thrown.retryable)
      logger.warn('call failed', { method, code: thrown.code, reason: thrown.message });
    else logger.debug('call refused', { method, code: thrown.code, reason: thrown.message });
    return thrown;
  }
}

/** Rejects with the signal's reason as soon as it aborts; the promise is left to itself then. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => {
      reject(PlatformError.from(signal.reason));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const settled = () => {
      signal.removeEventListener('abort', onAbort);
    };
    promise.then(resolve, reject).then(settled, settled);
    if (signal.aborted) onAbort();
  });
}

function cancellation(call: ServerCall): PlatformError {
  return Number(call.getDeadline()) <= Date.now()
    ? new PlatformError('deadline_exceeded', 'the deadline of the call has passed')
    : new PlatformError('cancelled', 'the caller has cancelled the call');
}

function shuttingDown(): PlatformError {
  return new PlatformError('unavailable', 'the server is shutting down');
}

function headers(call: ServerCall): Record<string, string> {
  const entries = Object.entries(call.metadata.getMap());
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
