import type { Script } from './script.ts';

/**
 * Reports may come in any order; only a newer one replaces. A repeat of the one that is kept writes nothing: hosts repeat
 * themselves all day long. Answers whether it was kept, and whether the reporter has an entry of its own below what is
 * due.
 *
 * KEYS: meta rep sent; ARGV: reporter, incarnation, epoch, revision, body
 */
export const putReport: Script = {
  keys: 3,
  lua: String.raw`
local meta, rep, sent = unpack(KEYS)
local reporter = ARGV[1]
local report = table.concat(ARGV, '\n', 2, 5)
local old = redis.call('HGET', rep, reporter)

local function is_older()
  if tonumber(ARGV[2]) < tonumber(redis.call('HGET', meta, 'incarnation') or '1') then
    return true
  end
  if not old then
    return false
  end
  for index, part in ipairs({string.match(old, '^(%d+)\n(%d+)\n(%d+)\n')}) do
    local difference = tonumber(ARGV[index + 1]) - tonumber(part)
    if difference ~= 0 then
      return difference < 0
    end
  end
  return false
end

local kept = 0
if not is_older() then
  if old ~= report then
    redis.call('HSET', rep, reporter, report)
    redis.call('HINCRBY', meta, 'reports', 1)
  end
  kept = 1
end

local own = redis.call('HGET', sent, reporter)
local due = redis.call('HGET', meta, 'base') or redis.call('HGET', meta, 'dispatched') or '0'
local behind = own and tonumber(own) < tonumber(due)
return {kept, behind and 1 or 0}
`,
};
