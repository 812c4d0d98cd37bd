import type { Script } from './script.ts';

/** Answers only from the present life of the scope: what was committed before a drop is gone. KEYS: meta req */
export const replay: Script = {
  keys: 2,
  lua: String.raw`
local known = redis.call('GET', KEYS[2])
local life = redis.call('HGET', KEYS[1], 'life')
if known and life and string.match(known, '^[^\n]*') == life then
  return known
end
return false
`,
};
