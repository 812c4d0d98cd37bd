import type { Script } from './script.ts';

/**
 * Hosts and their times, longest ago first. A script, because the plain command's answer has another form where the
 * connection speaks RESP3. KEYS: heard; ARGV: before, limit
 */
export const unheard: Script = {
  keys: 1,
  lua: String.raw`
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])
`,
};
