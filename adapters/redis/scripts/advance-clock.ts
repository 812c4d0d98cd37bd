import type { Script } from './script.ts';

/** Of several servers that saw the same time, one advances it. KEYS: lease clock; ARGV: time seen, by how much */
export const advanceClock: Script = {
  keys: 1,
  lua: String.raw`
local shown = redis.call('GET', KEYS[1]) or '0'
if shown ~= ARGV[1] then
  return shown
end
return redis.call('INCRBY', KEYS[1], ARGV[2])
`,
};
