import { type Script, inPieces } from './script.ts';

/**
 * The token is the fence: a dispatcher that was overtaken writes nothing. `sentAll` costs the same for any number of
 * receivers: their own entries are let go together, and the base speaks for them.
 *
 * KEYS: meta sent; ARGV: token, dispatched, sentAll ('' = not given), number of receivers to forget; then the
 * receivers to forget; (receiver, revision) each
 */
export const advance: Script = {
  keys: 2,
  lua: String.raw`${inPieces}
local meta, sent = unpack(KEYS)
if redis.call('HGET', meta, 'token') ~= ARGV[1] then
  return 0
end
redis.call('HSET', meta, 'dispatched', ARGV[2])
if ARGV[3] ~= '' then
  redis.call('HSET', meta, 'base', ARGV[3])
  redis.call('UNLINK', sent)
end
local forget = tonumber(ARGV[4])
each_piece(ARGV, 5, 4 + forget, function(...) redis.call('HDEL', sent, ...) end)
each_piece(ARGV, 5 + forget, #ARGV, function(...) redis.call('HSET', sent, ...) end)
return 1
`,
};
