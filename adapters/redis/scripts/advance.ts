import { MAX_MARKS } from '../../../core/store/port.ts';
import { type Script, inPieces } from './script.ts';

/**
 * The token is the fence: a dispatcher that was overtaken writes nothing. `sentAll` costs the same for any number of
 * receivers: their own entries are let go together, and the base speaks for them.
 *
 * KEYS: meta sent marks; ARGV: token, dispatched, sentAll and mark ('' = not given), number of receivers to forget;
 * then the receivers to forget; (receiver, revision) each
 */
export const advance: Script = {
  keys: 3,
  lua: String.raw`${inPieces}
local meta, sent, marks = unpack(KEYS)
if redis.call('HGET', meta, 'token') ~= ARGV[1] then
  return 0
end
redis.call('HSET', meta, 'dispatched', ARGV[2])
if ARGV[3] ~= '' then
  redis.call('HSET', meta, 'base', ARGV[3])
  redis.call('UNLINK', sent)
end
local mark = ARGV[4]
if mark ~= '' and not redis.call('ZSCORE', marks, mark) then
  -- Room is made first: one more would cost the set its compact form for good.
  redis.call('ZREMRANGEBYRANK', marks, 0, -${MAX_MARKS})
  redis.call('ZADD', marks, mark, mark)
end
local forget = tonumber(ARGV[5])
each_piece(ARGV, 6, 5 + forget, function(...) redis.call('HDEL', sent, ...) end)
each_piece(ARGV, 6 + forget, #ARGV, function(...) redis.call('HSET', sent, ...) end)
return 1
`,
};
