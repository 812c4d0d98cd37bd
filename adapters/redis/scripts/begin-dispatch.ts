import type { Script } from './script.ts';

/** The token and the state it was given for must belong together. KEYS: meta */
export const beginDispatch: Script = {
  keys: 1,
  lua: String.raw`
local token = redis.call('HINCRBY', KEYS[1], 'token', 1)
return {token, redis.call('HMGET', KEYS[1], 'incarnation', 'revision', 'dispatched', 'reports', 'base')}
`,
};
