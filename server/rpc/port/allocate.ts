import { keys } from '../../../core/model/keys.ts';
import type { Subnet } from '../../../core/model/resources.ts';
import type { Scope, ScopeStore } from '../../../core/store/port.ts';
import { familyOf, fromNumber, toNumber } from '../../addresses.ts';

const RANDOM_ROUNDS = 3;
const SCAN_BATCH = 1_024;
/** Candidates read one after the other before a subnet counts as full. */
const SCAN_LIMIT = 131_072n;

/**
 * Free addresses of the subnet's allocation pools, fewer than `count` if there are no more. Draws at random, so that
 * concurrent calls rarely choose the same; only a nearly full pool is searched in order. Reads outside of any
 * transaction: the caller reads what it takes once more within its own, and nothing else can conflict.
 */
export async function pickAddresses(
  store: ScopeStore,
  scope: Scope,
  subnet: Subnet,
  count: number,
  exclude: ReadonlySet<string>,
): Promise<string[]> {
  const pool = poolOf(subnet);
  const picked = new Set<string>();
  const take = async (candidates: Iterable<bigint>): Promise<void> => {
    const fresh = [...new Set([...candidates].map((index) => pool.at(index)))].filter(
      (ip) => ip !== subnet.gatewayIp && !exclude.has(ip) && !picked.has(ip),
    );
    const records = await store.read(
      scope,
      fresh.map((ip) => keys.address(subnet.id, ip)),
    );
    fresh.forEach((ip, i) => {
      if (picked.size < count && records[i]?.body === undefined) picked.add(ip);
    });
  };

  for (let round = 0; round < RANDOM_ROUNDS && picked.size < count && pool.size > 0n; round++) {
    const draws = 2 * (count - picked.size) + 6;
    await take(Array.from({ length: draws }, () => randomBelow(pool.size)));
  }
  const start = pool.size > 0n ? randomBelow(pool.size) : 0n;
  const limit = pool.size < SCAN_LIMIT ? pool.size : SCAN_LIMIT;
  for (let done = 0n; done < limit && picked.size < count; done += BigInt(SCAN_BATCH)) {
    const batch = Number(limit - done < BigInt(SCAN_BATCH) ? limit - done : BigInt(SCAN_BATCH));
    await take(Array.from({ length: batch }, (_, i) => (start + done + BigInt(i)) % pool.size));
  }
  return [...picked];
}

/** The allocation pools as one row of addresses. */
function poolOf(subnet: Subnet): { readonly size: bigint; at(index: bigint): string } {
  const ranges = subnet.allocationPools.map(({ start, end }) => {
    const first = toNumber(start);
    return { first, size: toNumber(end) - first + 1n };
  });
  const family = familyOf(subnet.cidr);
  return {
    size: ranges.reduce((sum, range) => sum + range.size, 0n),
    at(index) {
      let rest = index;
      for (const range of ranges) {
        if (rest < range.size) return fromNumber(range.first + rest, family);
        rest -= range.size;
      }
      throw new RangeError(`no address ${index.toString()} in the pools of ${subnet.id}`);
    },
  };
}

/** Nobody is meant to be surprised by the choice: it only has to be spread. */
function randomBelow(limit: bigint): bigint {
  let value = 0n;
  for (let bits = 0; limit >> BigInt(bits) > 0n; bits += 32) {
    value = (value << 32n) | BigInt(Math.floor(Math.random() * 2 ** 32));
  }
  // One word more than the limit has makes the bias of the remainder negligible.
  return ((value << 32n) | BigInt(Math.floor(Math.random() * 2 ** 32))) % limit;
}
