import type { Script } from './script.ts';

/**
 * Compare and set, by the clock of Redis: those of the callers differ. Answers with the owner and the claim's age in ms.
 * KEYS: claim; ARGV: owner [, owner to replace, least age of its claim in ms]
 */
export const claim: Script = {
  keys: 1,
  lua: String.raw`
local time = redis.call('TIME')
local now = time[1] .. string.format('%03d', math.floor(tonumber(time[2]) / 1000))
local held = redis.call('GET', KEYS[1])
if held then
  local at, owner = string.match(held, '^(%d+)\n(.*)$')
  local age = tonumber(now) - tonumber(at)
  if owner ~= ARGV[1] and (owner ~= ARGV[2] or age < tonumber(ARGV[3])) then
    return {owner, age}
  end
end
redis.call('SET', KEYS[1], now .. '\n' .. ARGV[1])
return {ARGV[1], 0}
`,
};
