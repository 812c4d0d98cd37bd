import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProtoDirectory } from './loader.ts';

interface MethodConfig {
  readonly name: readonly { readonly service: string; readonly method?: string }[];
  readonly timeout?: string;
  readonly retryPolicy: {
    readonly maxAttempts: number;
    readonly initialBackoff: string;
    readonly backoffMultiplier: number;
    readonly maxBackoff: string;
    readonly retryableStatusCodes: readonly string[];
  };
}

export interface ServiceConfig {
  readonly loadBalancingConfig: readonly object[];
  readonly methodConfig: readonly [MethodConfig, ...MethodConfig[]];
}

/** How unary calls are repeated, in our terms. */
export interface CallPolicy {
  /** For the call with its repeats. */
  readonly deadlineMs: number;
  /** With the first one. */
  readonly attempts: number;
  readonly baseMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** `UNAVAILABLE`. */
  readonly codes: ReadonlySet<string>;
}

/** What the contract publishes for clients in any language: see docs/clients.md. */
export function readServiceConfig(protoDirectory = findProtoDirectory()): ServiceConfig {
  const text = readFileSync(join(protoDirectory, 'vpcast/v1/service_config.json'), 'utf8');
  return JSON.parse(text) as ServiceConfig;
}

export function callPolicyOf({ methodConfig }: ServiceConfig): CallPolicy {
  const [{ timeout = '', retryPolicy }] = methodConfig;
  return {
    deadlineMs: milliseconds(timeout),
    attempts: retryPolicy.maxAttempts,
    baseMs: milliseconds(retryPolicy.initialBackoff),
    factor: retryPolicy.backoffMultiplier,
    maxMs: milliseconds(retryPolicy.maxBackoff),
    codes: new Set(retryPolicy.retryableStatusCodes),
  };
}

/** `0.1s`. */
function milliseconds(duration: string): number {
  return Number.parseFloat(duration) * 1_000;
}
