import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { scopes } from '../core/model/keys.ts';
import { readSnapshot } from '../core/store/snapshot.ts';
import type { Store } from '../core/store/port.ts';
import { differences } from '../local/compare.ts';
import { until } from '../local/until.ts';
import type { Program } from '../scripts/stack/deployment.ts';
import { cellsOf } from './model/cells.ts';
import type { Cell } from './model/ledger.ts';
import { Observed, cameBack } from './model/observations.ts';
import type { Observation, Return } from './model/observations.ts';
import { heldBy } from './testbed/agents.ts';

/** One line for each difference between what agents hold and what they should hold. */
export async function agentDifferences(store: Store, agents: readonly Program[]): Promise<string[]> {
  return differences(store, await heldBy(agents), Infinity);
}

/** Milliseconds until no agent differed; undefined if that took longer than the patience. */
export async function untilSettled(
  store: Store,
  agents: readonly Program[],
  patienceMs: number,
): Promise<number | undefined> {
  const beganMs = performance.now();
  try {
    await until(async () => {
      // An agent that does not answer yet has not settled.
      const found = await agentDifferences(store, agents).catch((error: unknown) => [String(error)]);
      return found.length === 0;
    }, patienceMs);
    return performance.now() - beganMs;
  } catch {
    return undefined;
  }
}

export function hostsIn(lines: readonly string[]): Set<string> {
  return new Set(lines.map((line) => line.slice(0, line.indexOf(' '))));
}

export async function storedCells(store: Store, vpcIds: readonly string[]): Promise<Map<Cell, string>> {
  const stored = new Map<Cell, string>();
  for (const vpcId of vpcIds) {
    const { records } = await readSnapshot(store, scopes.vpc(vpcId));
    for (const [cell, value] of cellsOf(vpcId, records.values())) stored.set(cell, value);
  }
  return stored;
}

export async function readObservations(files: readonly string[]): Promise<Observed> {
  const observed = new Observed();
  for (const file of files) {
    if (!existsSync(file)) continue;
    for await (const line of createInterface({ input: createReadStream(file) })) {
      // A line that the end of its process cut off is the only one that may not end in a brace.
      if (line.endsWith('}')) observed.add(JSON.parse(line) as Observation);
    }
  }
  return observed;
}

/** What hosts had again, or still, after its deletion. The tombstones tell when that was. */
export async function resurrections(store: Store, returns: readonly Return[]): Promise<Return[]> {
  const deletedAt = new Map<string, number>();
  for (const { scope, key } of returns) {
    const [record] = await store.read(scope, [key]);
    if (record !== undefined && record.body === undefined && record.revision > 0) {
      deletedAt.set(`${scope} ${key}`, record.revision);
    }
  }
  return cameBack(returns, (scope, key) => deletedAt.get(`${scope} ${key}`));
}
