import type { Decoded } from '../../../core/codec/records.ts';
import { invalid, notFound } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Port } from '../../../core/model/resources.ts';
import type { Committed, RequestIdentity, Transaction } from '../../../core/store/transaction.ts';
import type { ServerDeps } from '../../deps.ts';
import { pickPartition } from '../../lanes.ts';
import { mutate } from '../locate.ts';
import { withRoom } from '../vpc/room.ts';
import { announceHints, settleHints } from './hints.ts';
import { PortBook } from './port-book.ts';
import type { PortOutcome } from './port-book.ts';
import { writePorts } from './write-ports.ts';
import type { PortChange } from './write-ports.ts';

/** A port that a call works on; `field` names it in the request. */
export interface PortRef {
  readonly portId: string;
  readonly portField: string;
}

/** The one VPC of the ports; `failed` names the port that is nowhere or elsewhere. */
export async function vpcOfPorts(deps: Pick<ServerDeps, 'store'>, refs: readonly PortRef[]): Promise<string> {
  const owners = await deps.store.owners(
    'port',
    refs.map((ref) => ref.portId),
  );
  refs.forEach(({ portId, portField }, i) => {
    if (owners[i] === undefined) throw notFound('port', portId);
    if (owners[i] !== owners[0]) throw invalid(portField, 'is in another VPC than the first port');
  });
  return owners[0] ?? '';
}

export interface Changed {
  readonly ports: readonly Decoded<Port>[];
  readonly revision: number;
  readonly wrote: boolean;
}

/** Reads the ports, lets `edit` work on them, and commits. The answer has the ports that are left, in order. */
export async function changePorts(
  deps: ServerDeps,
  vpcId: string,
  portIds: readonly string[],
  request: RequestIdentity,
  edit: (book: PortBook, tx: Transaction) => Promise<void> | void,
): Promise<Changed> {
  const scope = scopes.vpc(vpcId);
  let changes: PortChange[] = [];
  const committed = await withRoom(deps, vpcId, () =>
    mutate(deps, scope, request, async (tx): Promise<PortOutcome[]> => {
      const read = await tx.getMany<Port>(portIds.map(keys.port));
      const book = new PortBook(
        portIds.map((id, i) => {
          const port = read[i];
          if (port === undefined) throw notFound('port', id);
          return port;
        }),
      );
      await edit(book, tx);
      changes = book.close(deps.clock());
      await announceHints(deps, changes);
      await writePorts(tx, changes, pickPartition(deps, tx));
      return book.outcomes();
    }),
  );
  if (committed.wrote) await settleHints(deps, changes);
  return { ports: decodeOutcomes(committed), revision: committed.revision, wrote: committed.wrote };
}

export function decodeOutcomes({ result, revision }: Committed<readonly PortOutcome[]>): Decoded<Port>[] {
  return result.map((outcome) => ({
    key: keys.port(outcome.port.id),
    revision: outcome.revision || revision,
    value: outcome.port,
  }));
}
