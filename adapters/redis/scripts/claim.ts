import type { Script } from './script.ts';

/** Compare and set, by the clock of Redis: those of the callers differ. KEYS: claim; ARGV: owner [, replacing] */
export const claim: Script = {
  keys: 1,
  lua: String.raw`
local held = redis.call('GET', KEYS[1])
if held then
  local since, owner = string.match(held, '^(%d+)\n(.*)$')
  if owner == ARGV[1] or owner ~= ARGV[2] then
    return {owner, since}
  end
end
local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
redis.call('SET', KEYS[1], now .. '\n' .. ARGV[1])
return {ARGV[1], now}
`,
};
