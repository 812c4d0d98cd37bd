import { PlatformError } from '../../core/errors.ts';

/** Replies are narrowed here; anything unexpected means that something else wrote to our keys. */

export function list(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : unexpected('a list', reply);
}

export function text(reply: unknown): string {
  return typeof reply === 'string' ? reply : unexpected('text', reply);
}

export function optionalText(reply: unknown): string | undefined {
  return reply === null || reply === undefined ? undefined : text(reply);
}

/** Numbers come as integers from commands and as text out of hashes; absent = 0. */
export function integer(reply: unknown): number {
  const value = reply === null || reply === undefined ? 0 : Number(reply);
  return Number.isSafeInteger(value) ? value : unexpected('an integer', reply);
}

export function pairs(reply: unknown): [unknown, unknown][] {
  const flat = list(reply);
  return Array.from({ length: flat.length / 2 }, (_, index) => [flat[2 * index], flat[2 * index + 1]]);
}

/** Cuts off what stands before the first `count` line breaks; the rest may have line breaks of its own. */
export function heads(value: string, count: number): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let index = 0; index < count; index++) {
    const at = value.indexOf('\n', from);
    if (at < 0) unexpected(`${count} lines`, value);
    parts.push(value.slice(from, at));
    from = at + 1;
  }
  parts.push(value.slice(from));
  return parts;
}

function unexpected(wanted: string, reply: unknown): never {
  throw new PlatformError('internal', `Redis: expected ${wanted}, not ${typeof reply}`);
}
