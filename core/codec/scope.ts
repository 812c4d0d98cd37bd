import type { Scope, ScopeKind } from '../store/port.ts';

const kinds: ReadonlySet<string> = new Set<ScopeKind>(['vpc', 'host', 'lane', 'public', 'region']);

/** A kind that there is, and an id. */
export function isScope(value: unknown): value is Scope {
  if (typeof value !== 'string') return false;
  const at = value.indexOf('/');
  return at < value.length - 1 && kinds.has(value.slice(0, Math.max(0, at)));
}
