import { openFileJournal } from '../../agent/journal/file-journal.ts';
import { HostState } from '../../agent/state.ts';
import { silentLogger } from '../../core/logger.ts';
import { scopes, splitScope } from '../../core/model/keys.ts';
import type { HeldState } from '../../local/compare.ts';

/** What an agent that has ended would start from. */
export async function heldOnDisk(stateDirectory: string): Promise<HeldState> {
  const state = new HostState();
  const options = { directory: stateDirectory, logger: silentLogger };
  const { journal, effects } = await openFileJournal(options, () => state.effects());
  for (const effect of effects) state.apply(effect);
  await journal.close();
  const view = (vpcId: string) => {
    const replica = state.held.get(scopes.vpc(vpcId))?.replica;
    return replica === undefined || replica.incarnation === 0 ? undefined : replica.entries;
  };
  const held = [...state.held.keys()].map((scope) => splitScope(scope));
  const vpcs = held.flatMap(({ kind, id }) => (kind === 'vpc' && view(id) !== undefined ? [id] : []));
  return { view, vpcs: () => vpcs };
}
