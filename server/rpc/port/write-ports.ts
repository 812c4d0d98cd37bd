/** Writes ports together with everything that is kept in step with them. */
import { isDeepStrictEqual } from 'node:util';
import { keys } from '../../../core/model/keys.ts';
import type { Port } from '../../../core/model/resources.ts';
import { changeUse } from '../../../core/placement/membership.ts';
import type { UseChange } from '../../../core/placement/membership.ts';
import type { Transaction } from '../../../core/store/transaction.ts';
import { addUse, changesUse } from './bindings.ts';

/** A port before and after a call; undefined = it does not exist. */
export interface PortChange {
  readonly before: Port | undefined;
  readonly after: Port | undefined;
}

/** Counts each address that a port has there. */
export const subnetPortsCounter = (subnetId: string): string => `subnet-ports/${subnetId}`;
export const groupPortsCounter = (groupId: string): string => `group-ports/${groupId}`;
export const portsCounter = 'ports';

const unlogged = { logged: false };

/**
 * The transaction must have read the ports as `before`, and new addresses and MACs as absent. `pickPartition` places
 * hosts that become members.
 */
export async function writePorts(
  tx: Transaction,
  changes: readonly PortChange[],
  pickPartition: () => Promise<number>,
): Promise<void> {
  const uses = new Map<string, UseChange>();
  const counts = new Map<string, number>();
  for (const { before, after } of changes) {
    if (isDeepStrictEqual(before, after)) continue;
    writeRecords(tx, before, after);
    add(counts, counted(before), -1);
    add(counts, counted(after), 1);
    addUse(uses, before, -1);
    addUse(uses, after, 1);
  }
  for (const [counter, delta] of counts) if (delta !== 0) tx.count(counter, delta);
  const changed = [...uses].filter(([, change]) => changesUse(change));
  await tx.getMany(changed.flatMap(([host]) => [keys.use(host), keys.member(host)]));
  for (const [host, change] of changed) await changeUse(tx, host, change, pickPartition);
}

function writeRecords(tx: Transaction, before: Port | undefined, after: Port | undefined): void {
  const addressKeys = (port: Port | undefined) =>
    new Set((port?.fixedIps ?? []).map((ip) => keys.address(ip.subnetId, ip.ipAddress)));
  const held = addressKeys(before);
  const wanted = addressKeys(after);
  for (const key of held) if (!wanted.has(key)) tx.remove(key, unlogged);
  if (before !== undefined && before.macAddress !== after?.macAddress) {
    tx.remove(keys.mac(before.macAddress), unlogged);
  }
  if (after === undefined) {
    if (before !== undefined) tx.remove(keys.port(before.id));
    return;
  }
  for (const key of wanted) if (!held.has(key)) tx.put(key, after.id, unlogged);
  if (before?.macAddress !== after.macAddress) tx.put(keys.mac(after.macAddress), after.id, unlogged);
  tx.put(keys.port(after.id), after);
}

function counted(port: Port | undefined): string[] {
  if (port === undefined) return [];
  return [
    portsCounter,
    ...port.fixedIps.map((ip) => subnetPortsCounter(ip.subnetId)),
    ...port.securityGroupIds.map(groupPortsCounter),
  ];
}

function add(counts: Map<string, number>, counters: readonly string[], delta: number): void {
  for (const counter of counters) counts.set(counter, (counts.get(counter) ?? 0) + delta);
}
