import type { Script } from './script.ts';

/** All three read the clock of Redis, since announcers and sweepers run on machines whose clocks differ. */
const now = String.raw`
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

/** KEYS: announcements; ARGV: scope */
export const announce: Script = {
  keys: 1,
  lua: String.raw`${now}
redis.call('ZADD', KEYS[1], now, ARGV[1])
return 1
`,
};

/** Answers with scopes and their times, oldest first. KEYS: announcements; ARGV: least age in ms, limit */
export const announced: Script = {
  keys: 1,
  lua: String.raw`${now}
local latest = now - tonumber(ARGV[1])
return {now, redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', latest, 'WITHSCORES', 'LIMIT', 0, ARGV[2])}
`,
};

/** KEYS: announcements; ARGV: scope, least age in ms */
export const settle: Script = {
  keys: 1,
  lua: String.raw`${now}
local at = redis.call('ZSCORE', KEYS[1], ARGV[1])
if at and tonumber(at) <= now - tonumber(ARGV[2]) then
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return 1
`,
};
