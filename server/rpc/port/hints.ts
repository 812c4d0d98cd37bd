/**
 * Where to look for the ports of a device and of a host: catalogs that are written around the commits and may name
 * ports that have left. Readers verify; writers see to it that no port is ever missing.
 */
import { decodeRecord } from '../../../core/codec/records.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Port } from '../../../core/model/resources.ts';
import type { ServerDeps } from '../../deps.ts';
import type { PortChange } from './write-ports.ts';

export const deviceCatalog = (deviceId: string): string => `ports@device/${deviceId}`;
export const hostCatalog = (hostId: string): string => `ports@host/${hostId}`;

interface Hint {
  readonly catalog: string;
  readonly portId: string;
}

type Catalogs = Pick<ServerDeps, 'store' | 'logger'>;

/** Before the commit: a port that exists is listed, even if this program stops right after the commit. */
export async function announceHints({ store }: Catalogs, changes: readonly PortChange[]): Promise<void> {
  await Promise.all(
    changes
      .flatMap(({ before, after }) => difference(after, before))
      .map(({ catalog, portId }) => store.enlist(catalog, portId)),
  );
}

/**
 * After the commit: lists once more what another call may have taken out meanwhile, and takes out what left. A failure
 * leaves a hint too many, which costs a reader a look.
 */
export async function settleHints(deps: Catalogs, changes: readonly PortChange[]): Promise<void> {
  await announceHints(deps, changes);
  const left = changes.flatMap(({ before, after }) =>
    difference(before, after).map((hint) => ({ ...hint, vpcId: before?.vpcId ?? '' })),
  );
  try {
    await Promise.all(left.map((hint) => withdraw(deps, hint)));
  } catch (error) {
    deps.logger.warn('hints were not withdrawn', { error });
  }
}

/** Another call may have listed the port again and committed before it was taken out: then it comes back. */
async function withdraw({ store }: Catalogs, hint: Hint & { readonly vpcId: string }): Promise<void> {
  await store.delist(hint.catalog, hint.portId);
  const [record] = await store.read(scopes.vpc(hint.vpcId), [keys.port(hint.portId)]);
  const port = record && decodeRecord<Port>(record)?.value;
  if (hintsOf(port).some(({ catalog }) => catalog === hint.catalog)) {
    await store.enlist(hint.catalog, hint.portId);
  }
}

function difference(one: Port | undefined, other: Port | undefined): Hint[] {
  const known = new Set(hintsOf(other).map((hint) => hint.catalog));
  return hintsOf(one).filter((hint) => !known.has(hint.catalog));
}

function hintsOf(port: Port | undefined): Hint[] {
  if (port === undefined) return [];
  const catalogs = port.bindings.map((binding) => hostCatalog(binding.hostId));
  if (port.deviceId !== '') catalogs.push(deviceCatalog(port.deviceId));
  return catalogs.map((catalog) => ({ catalog, portId: port.id }));
}
