import { randomBytes } from 'node:crypto';
import { keys } from '../../../core/model/keys.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import { taken } from './errors.ts';

export interface MacWish {
  readonly field: string;
  /** '' = the server makes one. */
  readonly macAddress: string;
}

/** The MAC addresses that ports get; the transaction has read each one as absent. */
export async function resolveMacs(tx: Transaction, wishes: readonly MacWish[]): Promise<string[]> {
  const used = new Set<string>();
  for (const { field, macAddress } of wishes) {
    if (macAddress === '') continue;
    if (used.has(macAddress)) throw taken(field, 'mac_address', macAddress);
    used.add(macAddress);
  }
  const named = wishes.filter((wish) => wish.macAddress !== '');
  const holders = await tx.getMany(named.map((wish) => keys.mac(wish.macAddress)));
  named.forEach(({ field, macAddress }, i) => {
    if (holders[i] !== undefined) throw taken(field, 'mac_address', macAddress);
  });
  const made = await makeMacs(tx, wishes.length - named.length, used);
  let next = 0;
  return wishes.map((wish) => wish.macAddress || (made[next++] ?? ''));
}

async function makeMacs(tx: Transaction, count: number, used: Set<string>): Promise<string[]> {
  const made: string[] = [];
  while (made.length < count) {
    const drawn = new Set<string>();
    while (made.length + drawn.size < count) {
      const mac = randomMac();
      if (!used.has(mac)) drawn.add(mac);
    }
    const macs = [...drawn];
    const holders = await tx.getMany(macs.map(keys.mac));
    macs.forEach((mac, i) => {
      used.add(mac);
      if (holders[i] === undefined) made.push(mac);
    });
  }
  return made;
}

/** Locally administered and unicast. */
function randomMac(): string {
  return ['02', ...Array.from(randomBytes(5), (byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
