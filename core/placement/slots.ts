/** Slots of a Key_Shared subscription: the broker routes a key to the slot that its hash falls into. */

export const SLOT_COUNT = 65_536;

const scratch = Buffer.alloc(1_024);

/** Murmur3 x86 32-bit with seed 0 over the key's UTF-8 bytes, as the broker computes it. */
export function murmur3(key: string): number {
  // Hosts hash each entry that they get: a buffer for each would cost more than the hash.
  const isShort = 3 * key.length <= scratch.length;
  const bytes = isShort ? scratch : Buffer.from(key, 'utf8');
  const length = isShort ? scratch.write(key, 'utf8') : bytes.length;
  const blocks = length & ~3;
  let hash = 0;
  for (let i = 0; i < blocks; i += 4) {
    hash ^= scramble(bytes.readInt32LE(i));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = length - 1; i >= blocks; i--) tail = (tail << 8) | bytes.readUInt8(i);
  hash ^= scramble(tail) ^ length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

/** The slot that the broker gives a key to. Brokers of version 4 never use slot 0 and take 1 in its place. */
export function slotOf(key: string): number {
  return (murmur3(key) & 0x7fffffff) % SLOT_COUNT || 1;
}

/** Which partition a key belongs to where nobody assigns one: work, status and public topics. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur3(key) & 0x7fffffff) % partitions;
}

let table: Uint32Array | undefined;

/**
 * The key that reaches a slot: the smallest decimal number whose text hashes to it. Two programs agree on it without
 * exchanging anything. The table is built at the first call (about 0.2 s, 256 KiB).
 */
export function keyForSlot(slot: number): string {
  if (!Number.isInteger(slot) || slot < 1 || slot >= SLOT_COUNT) throw new RangeError(`no slot ${slot}`);
  table ??= buildTable();
  return String((table[slot] ?? 0) - 1);
}

/** Per slot 1 + the smallest number that hashes to it; 0 = none found yet. */
function buildTable(): Uint32Array {
  const found = new Uint32Array(SLOT_COUNT);
  for (let missing = SLOT_COUNT - 1, n = 0; missing > 0; n++) {
    const slot = slotOf(String(n));
    if (found[slot] !== 0) continue;
    found[slot] = n + 1;
    missing--;
  }
  return found;
}
