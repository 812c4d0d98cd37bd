import type { Script } from './script.ts';

/**
 * What both scripts share. Reports may come in any order. A repeat of the one that is kept writes nothing: hosts repeat
 * themselves all day long.
 *
 * KEYS: meta rep sent; ARGV: reporter, incarnation, epoch, revision, body
 */
const report = String.raw`
local meta, rep, sent = unpack(KEYS)
local reporter = ARGV[1]
local report = table.concat(ARGV, '\n', 2, 5)
local old = redis.call('HGET', rep, reporter)
local at, base, dispatched, revision =
  unpack(redis.call('HMGET', meta, 'incarnation', 'base', 'dispatched', 'revision'))

local function keep()
  if old ~= report then
    redis.call('HSET', rep, reporter, report)
    redis.call('HINCRBY', meta, 'reports', 1)
  end
end

-- Whether the reporter has an entry of its own below what is due.
local function behind()
  local own = redis.call('HGET', sent, reporter)
  return own and tonumber(own) < tonumber(base or dispatched or '0') and 1 or 0
end

local function parts_of_old()
  return string.match(old, '^(%d+)\n(%d+)\n(%d+)\n')
end
`;

/** Answers whether it was kept, since only a newer one replaces, and whether the reporter is behind. */
export const putReport: Script = {
  keys: 3,
  lua: String.raw`${report}
local function is_older()
  if tonumber(ARGV[2]) < tonumber(at or '1') then
    return true
  end
  if not old then
    return false
  end
  for index, part in ipairs({parts_of_old()}) do
    local difference = tonumber(ARGV[index + 1]) - tonumber(part)
    if difference ~= 0 then
      return difference < 0
    end
  end
  return false
end

local kept = 0
if not is_older() then
  keep()
  kept = 1
end
return {kept, behind()}
`,
};

/** Answers whether the reporter is behind, or nothing where the report does not go on from the one that is kept. */
export const renewReport: Script = {
  keys: 3,
  lua: String.raw`${report}
if not old or not revision then
  return false
end
local incarnation, epoch, from = parts_of_old()
local is_renewal = ARGV[2] == incarnation
  and ARGV[2] == (at or '1')
  and ARGV[3] == epoch
  and tonumber(from) > 0
  and tonumber(ARGV[4]) >= tonumber(from)
  and tonumber(ARGV[4]) <= tonumber(revision)
if not is_renewal then
  return false
end
keep()
return behind()
`,
};
