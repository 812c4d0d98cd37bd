import { join } from 'node:path';
import type { Entry } from '../../core/model/view.ts';
import type { RecordKey } from '../../core/store/port.ts';
import type { HeldState } from '../../local/compare.ts';
import type { Program } from '../../scripts/stack/deployment.ts';
import type { Holding } from '../model/sightings.ts';
import type { HeldAnswer } from './agents-config.ts';

const ANSWER_MS = 10_000;

export function hostNames(count: number): string[] {
  return Array.from({ length: count }, (_, n) => `host-${String(n).padStart(3, '0')}`);
}

export function observationsFile(dir: string, worker: number): string {
  return join(dir, `agents-${worker}.observations.jsonl`);
}

/** What every agent holds now. Rejects while a process of them does not answer. */
export async function heldBy(workers: readonly Program[]): Promise<Map<string, HeldState>> {
  const answers = await Promise.all(workers.map(ask));
  const hosts = answers.flatMap((answer) => Object.entries(answer));
  return new Map(hosts.map(([host, vpcs]) => [host, heldState(vpcs)]));
}

/** What the agents of one process hold now; nothing while it does not answer. */
export async function holdingsOf(worker: Program): Promise<Holding[]> {
  const answer = await ask(worker).catch((): HeldAnswer => ({}));
  return Object.entries(answer).flatMap(([host, vpcs]) =>
    Object.entries(vpcs).map(([vpcId, { revision, entries }]) => ({
      host,
      vpcId,
      revision,
      keys: entries.map(([key]) => key),
    })),
  );
}

async function ask(worker: Program): Promise<HeldAnswer> {
  const { held = '' } = await worker.endpoints();
  const response = await fetch(`http://${held}/held`, { signal: AbortSignal.timeout(ANSWER_MS) });
  return (await response.json()) as HeldAnswer;
}

function heldState(vpcs: HeldAnswer[string]): HeldState {
  const views = new Map(
    Object.entries(vpcs).map(([vpcId, { entries }]) => [
      vpcId,
      new Map(entries.map(([key, revision, body]): [RecordKey, Entry] => [key, { key, revision, body }])),
    ]),
  );
  return { vpcs: () => [...views.keys()], view: (vpcId) => views.get(vpcId) };
}
