import type { RecordKey } from '../store/port.ts';
import { splitKey } from './keys.ts';
import type { Port } from './resources.ts';

/**
 * Does a change take something away, or may it tighten what is allowed? Such a change is not held back to travel with
 * others: until hosts have it, they let through what they should not.
 */
export function isUrgent(key: RecordKey, before: string | undefined, after: string | undefined): boolean {
  const { kind } = splitKey(key);
  if (before === undefined) return false;
  if (after === undefined || kind === 'security-group') return true;
  return kind === 'port' && takesAway(JSON.parse(before) as Port, JSON.parse(after) as Port);
}

function takesAway(before: Port, after: Port): boolean {
  const hosts = new Set(after.bindings.map(({ hostId, state }) => `${hostId} ${state}`));
  const addresses = new Set(after.fixedIps.map(({ ipAddress }) => ipAddress));
  const pairs = new Set(after.allowedAddressPairs.map(({ ipAddress }) => ipAddress));
  return (
    before.bindings.some(({ hostId, state }) => !hosts.has(`${hostId} ${state}`)) ||
    before.fixedIps.some(({ ipAddress }) => !addresses.has(ipAddress)) ||
    before.allowedAddressPairs.some(({ ipAddress }) => !pairs.has(ipAddress)) ||
    before.securityGroupIds.join() !== after.securityGroupIds.join() ||
    before.adminStateUp !== after.adminStateUp ||
    before.portSecurityEnabled !== after.portSecurityEnabled
  );
}
