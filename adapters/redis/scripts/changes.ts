import { type Script, inPieces } from './script.ts';

/**
 * A page of the log. When the page is full, the rest of its last revision is added, so that `through` can be a
 * revision that is complete. KEYS: meta log rec; ARGV: after, limit
 */
export const changes: Script = {
  keys: 3,
  lua: String.raw`${inPieces}
local meta, log, rec = unpack(KEYS)
local limit = tonumber(ARGV[2])
local head = redis.call('HGET', meta, 'revision') or '0'
local through = head

local page = redis.call('ZRANGEBYSCORE', log, '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
local keys = {}
for index = 1, #page, 2 do
  keys[#keys + 1] = page[index]
end

if #keys == limit then
  local last = page[#page]
  local shown = 0
  for index = 2, #page, 2 do
    if page[index] == last then shown = shown + 1 end
  end
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', log, last, last, 'LIMIT', shown, -1)) do
    keys[#keys + 1] = key
  end
  if redis.call('ZCOUNT', log, '(' .. last, '+inf') > 0 then
    through = last
  end
end

return {head, through, keys, hmget(rec, keys, 1, #keys)}
`,
};
