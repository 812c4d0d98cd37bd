import type { Script } from './script.ts';

/** A late release must not free what somebody else holds by now. KEYS: claim; ARGV: owner */
export const release: Script = {
  keys: 1,
  lua: String.raw`
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%d+\n(.*)$') == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
`,
};
