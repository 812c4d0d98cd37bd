import type { Script } from './script.ts';

/**
 * The higher token fences the turns under way, which would advance over what counts as never dispatched.
 * KEYS: meta sent marks rep; ARGV: incarnation, the next one
 */
export const reincarnate: Script = {
  keys: 4,
  lua: String.raw`
local meta, sent, marks, rep = unpack(KEYS)
local exists = redis.call('HGET', meta, 'revision')
if not exists or (redis.call('HGET', meta, 'incarnation') or '1') ~= ARGV[1] then
  return 0
end
redis.call('HSET', meta, 'incarnation', ARGV[2])
for _, counter in ipairs({'revision', 'token', 'reports'}) do
  redis.call('HINCRBY', meta, counter, 1)
end
redis.call('HDEL', meta, 'dispatched', 'base')
redis.call('UNLINK', sent, marks, rep)
return 1
`,
};
