import type { Script } from './script.ts';

/** Leaves the report of a later epoch: the reporter has come back since. KEYS: rep; ARGV: reporter, epoch */
export const forgetReport: Script = {
  keys: 1,
  lua: String.raw`
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old and tonumber(string.match(old, '^%d+\n(%d+)')) <= tonumber(ARGV[2]) then
  redis.call('HDEL', KEYS[1], ARGV[1])
end
return 1
`,
};
