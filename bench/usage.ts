import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

/** The command line makes no sense. */
export class UsageError extends Error {}

export function count(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new UsageError(`--${name} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/** Several of them, with commas in between. */
export function countsIn(name: string, text: string, min: number, max: number): number[] {
  return text.split(',').map((each) => count(name, each, min, max));
}

/** As `parseArgs`; throws UsageError. */
export function parseOptions<const Of extends NonNullable<ParseArgsConfig['options']>>(
  args: readonly string[],
  options: Of,
) {
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
