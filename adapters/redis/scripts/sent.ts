import { type Script, inPieces } from './script.ts';

/** Base and own entries of one moment: an advance replaces the ones by the other. KEYS: meta sent; ARGV: receivers */
export const sent: Script = {
  keys: 2,
  lua: String.raw`${inPieces}
return {redis.call('HGET', KEYS[1], 'base'), hmget(KEYS[2], ARGV, 1, #ARGV)}
`,
};
