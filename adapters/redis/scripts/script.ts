export interface Script {
  /** How many of the arguments are keys. */
  readonly keys: number;
  readonly lua: string;
}

/**
 * Lua's `unpack` overflows at about 8,000 values, so that long argument lists go to a command in pieces. The pieces
 * run inside one script and are atomic all the same. `size` must be even where the arguments are pairs.
 */
export const inPieces = String.raw`
local size = 4000

local function each_piece(values, first, last, action)
  for from = first, last, size do
    action(unpack(values, from, math.min(from + size - 1, last)))
  end
end

local function hmget(key, fields, first, last)
  local found = {}
  each_piece(fields, first, last, function(...)
    for _, value in ipairs(redis.call('HMGET', key, ...)) do
      found[#found + 1] = value -- false where there is nothing, so that the list has no holes
    end
  end)
  return found
end
`;
