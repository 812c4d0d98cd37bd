import type { Script } from './script.ts';

/** Reports may come in any order; only a newer one replaces. KEYS: meta rep; ARGV: reporter, epoch, revision, body */
export const putReport: Script = {
  keys: 2,
  lua: String.raw`
local old = redis.call('HGET', KEYS[2], ARGV[1])
if old then
  local epoch, revision = string.match(old, '^(%d+)\n(%d+)\n')
  epoch, revision = tonumber(epoch), tonumber(revision)
  local newEpoch, newRevision = tonumber(ARGV[2]), tonumber(ARGV[3])
  if epoch > newEpoch or (epoch == newEpoch and revision > newRevision) then
    return 0
  end
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2] .. '\n' .. ARGV[3] .. '\n' .. ARGV[4])
redis.call('HINCRBY', KEYS[1], 'reports', 1)
return 1
`,
};
