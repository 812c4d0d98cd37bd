import type { Script } from './script.ts';

/**
 * One commit. A known request id is looked at before the expectations: the retried call would otherwise conflict with
 * its own first attempt.
 *
 * KEYS: meta rec log idx cnt req
 * ARGV: request's contents ('' = none), its lifetime in ms, a fresh life, number of expectations, of expected
 *       counters, of writes, of counters; then (key, revision) each; (name, value) each;
 *       (key, put|bury|drop|set, body) each; (name, amount) each
 */
export const commit: Script = {
  keys: 6,
  lua: String.raw`
local meta, rec, log, idx, cnt, req = unpack(KEYS)
local request = ARGV[1]

if request ~= '' then
  local known = redis.call('GET', req)
  local life = redis.call('HGET', meta, 'life')
  if known and life and string.match(known, '^[^\n]*') == life then
    return {'replayed', known}
  end
end

local at = 8
for _ = 1, tonumber(ARGV[4]) do
  local found = redis.call('HGET', rec, ARGV[at])
  local revision = found and string.match(found, '^%d+') or '0'
  if revision ~= ARGV[at + 1] then
    return {'conflict'}
  end
  at = at + 2
end
for _ = 1, tonumber(ARGV[5]) do
  if (redis.call('HGET', cnt, ARGV[at]) or '0') ~= ARGV[at + 1] then
    return {'conflict'}
  end
  at = at + 2
end

-- %.0f, because Lua writes numbers from 1e14 on with an exponent.
local revision = string.format('%.0f', redis.call('HINCRBY', meta, 'revision', 1))

for _ = 1, tonumber(ARGV[6]) do
  local key, action, body = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if action == 'put' then
    redis.call('HSET', rec, key, revision .. '\n' .. body)
    redis.call('ZADD', log, revision, key)
    redis.call('ZADD', idx, 0, key)
  elseif action == 'bury' then
    redis.call('HSET', rec, key, revision)
    redis.call('ZADD', log, revision, key)
    redis.call('ZREM', idx, key)
  else
    if action == 'set' then
      redis.call('HSET', rec, key, revision .. '\n' .. body)
    else
      redis.call('HDEL', rec, key)
    end
    -- In case that it was a logged record before.
    redis.call('ZREM', log, key)
    redis.call('ZREM', idx, key)
  end
  at = at + 3
end

for _ = 1, tonumber(ARGV[7]) do
  redis.call('HINCRBY', cnt, ARGV[at], ARGV[at + 1])
  at = at + 2
end

if request ~= '' then
  redis.call('HSETNX', meta, 'life', ARGV[3])
  local life = redis.call('HGET', meta, 'life')
  redis.call('SET', req, life .. '\n' .. revision .. '\n' .. request, 'PX', ARGV[2])
end

return {'committed', revision}
`,
};
