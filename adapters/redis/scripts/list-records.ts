import { type Script, inPieces } from './script.ts';

/** A page of the index with the records as they are at this moment. KEYS: idx rec; ARGV: min, max, limit */
export const listRecords: Script = {
  keys: 2,
  lua: String.raw`${inPieces}
local keys = redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
return {keys, hmget(KEYS[2], keys, 1, #keys)}
`,
};
