import { intercept } from './intercept.ts';

export interface CrashPoint {
  /** Of the calls that leave the process, from 1. */
  readonly call: number;
  readonly moment: 'before' | 'after';
}

/**
 * A process that stops for good before or after one of its calls to the outside, as seen from there: what it had not
 * asked for by then it never will, and no answer reaches it.
 */
export class Crash {
  /** The methods that were called, in order. */
  readonly calls: string[] = [];
  /** Resolves at the crash; never, if it does not come to it. */
  readonly happened: Promise<void>;
  readonly #point: CrashPoint | undefined;
  #resolve: () => void = () => undefined;
  #isOver = false;

  /** Without a point it only counts. */
  constructor(point?: CrashPoint) {
    this.#point = point;
    this.happened = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** The same object in the hands of the process. All of its methods must be asynchronous. */
  of<T extends object>(target: T): T {
    return intercept(target, async (method, call) => {
      if (this.isOver()) return never();
      const n = this.calls.push(method);
      if (this.#isPoint(n, 'before')) return this.#end();
      const result = await (call() as Promise<unknown>);
      // Another call may have been the last one meanwhile.
      if (this.isOver()) return never();
      return this.#isPoint(n, 'after') ? this.#end() : result;
    });
  }

  isOver(): boolean {
    return this.#isOver;
  }

  #isPoint(call: number, moment: CrashPoint['moment']): boolean {
    return this.#point?.call === call && this.#point.moment === moment;
  }

  #end(): Promise<never> {
    this.#isOver = true;
    this.#resolve();
    return never();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
