import { PlatformError, alreadyExists, invalid } from '../../../core/errors.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { FixedIp, Port, Vpc } from '../../../core/model/resources.ts';
import type { RequestIdentity, Transaction } from '../../../core/store/transaction.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { ServerDeps } from '../../deps.ts';
import { pickPartition } from '../../lanes.ts';
import { claimId, keepIds, mutate, need, readVpc, releaseIds } from '../locate.ts';
import { withRoom } from '../vpc/room.ts';
import { bind } from './bindings.ts';
import type { BindTarget } from './bindings.ts';
import { decodeOutcomes } from './change-ports.ts';
import { needGroups } from './groups.ts';
import { announceHints, settleHints } from './hints.ts';
import { refuseRepeats } from './narrow.ts';
import type { NewPort } from './narrow.ts';
import type { PortOutcome } from './port-book.ts';
import { presentPorts } from './present.ts';
import { resolveAddresses } from './resolve-addresses.ts';
import { resolveMacs } from './resolve-macs.ts';
import { bindTargets, recheckTargets } from './targets.ts';
import { writePorts } from './write-ports.ts';

/** Makes all ports, and binds those that name a host, in one step. */
export async function createAll(
  deps: ServerDeps,
  drafts: readonly NewPort[],
  request: RequestIdentity,
): Promise<PortInput[]> {
  refuseRepeats(drafts.map(({ id, path }) => ({ id, field: `${path}.id` })));
  const vpcId = oneVpc(drafts);
  await readVpc(deps.store, vpcId);
  const targets = await bindTargets(
    deps,
    drafts.filter((draft) => draft.hostId !== ''),
  );
  try {
    await claimAll(deps, drafts, vpcId);
    return await commitAll(deps, vpcId, drafts, targets, request);
  } catch (error) {
    // Only this call knows the ids that it made; a given one may be another call's by now.
    const ours = drafts.filter((draft) => draft.isIdOurs).map((draft) => draft.id);
    if (wroteNothing(error)) await releaseIds(deps, 'port', ours, vpcId, request.id);
    throw error;
  }
}

const mayHaveCommitted: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'deadline_exceeded',
  'cancelled',
  'internal',
]);

/** False also where it is not known: a store that did not answer may have carried the commit out all the same. */
function wroteNothing(error: unknown): boolean {
  return error instanceof PlatformError && !mayHaveCommitted.has(error.code);
}

/** Fails only when no claim is under way any more: what is given back then stays given back. */
async function claimAll(deps: ServerDeps, drafts: readonly NewPort[], vpcId: string): Promise<void> {
  const claims = await Promise.allSettled(drafts.map((draft) => claimId(deps, 'port', draft.id, vpcId)));
  for (const claim of claims) if (claim.status === 'rejected') throw claim.reason;
}

async function commitAll(
  deps: ServerDeps,
  vpcId: string,
  drafts: readonly NewPort[],
  targets: ReadonlyMap<string, BindTarget>,
  request: RequestIdentity,
): Promise<PortInput[]> {
  const scope = scopes.vpc(vpcId);
  const committed = await withRoom(deps, vpcId, () =>
    mutate(deps, scope, request, async (tx): Promise<PortOutcome[]> => {
      const ports = await design(deps, tx, vpcId, drafts, targets);
      const changes = ports.map((after) => ({ before: undefined, after }));
      await announceHints(deps, changes);
      await writePorts(tx, changes, pickPartition(deps, tx));
      return ports.map((port) => ({ port, revision: 0 }));
    }),
  );
  const ports = decodeOutcomes(committed);
  const [presented] = await Promise.all([
    presentPorts(deps, vpcId, ports),
    settleHints(
      deps,
      ports.map(({ value: after }) => ({ before: undefined, after })),
    ),
    recheckTargets(deps, vpcId, targets),
    keepIds(
      deps,
      'port',
      drafts.map((draft) => draft.id),
      vpcId,
    ),
  ]);
  return presented;
}

/** The ports as they will be, with all that they depend on read by the transaction. */
async function design(
  deps: ServerDeps,
  tx: Transaction,
  vpcId: string,
  drafts: readonly NewPort[],
  targets: ReadonlyMap<string, BindTarget>,
): Promise<Port[]> {
  const vpc = await need<Vpc>(tx, 'vpc', vpcId);
  const existing = await tx.getMany(drafts.map((draft) => keys.port(draft.id)));
  drafts.forEach((draft, i) => {
    if (existing[i] !== undefined) throw alreadyExists('port', draft.id);
  });
  await needGroups(tx, drafts);
  const macs = await resolveMacs(
    tx,
    drafts.map(({ path, macAddress }) => ({ field: `${path}.mac_address`, macAddress })),
  );
  const addresses = await resolveAddresses(
    deps.store,
    tx,
    drafts.map(({ path, fixedIps }) => ({ path, wishes: fixedIps, held: [], byDefault: true })),
  );
  const nowMs = deps.clock();
  return drafts.map((draft, i) => {
    const port = build(draft, vpc.value, macs[i] ?? '', addresses[i] ?? [], nowMs);
    const target = targets.get(draft.hostId);
    if (target === undefined) return port;
    return { ...port, bindings: bind(port, [], target, { state: 'active', vnicType: '', profile: '' }) };
  });
}

function build(
  draft: NewPort,
  vpc: Vpc,
  macAddress: string,
  fixedIps: readonly FixedIp[],
  nowMs: number,
): Port {
  const { id, vpcId, projectId, name, adminStateUp, deviceId, deviceOwner } = draft;
  const { securityGroupIds, allowedAddressPairs, labels } = draft;
  return {
    ...{ id, vpcId, projectId, name, macAddress, fixedIps, adminStateUp, deviceId, deviceOwner },
    portSecurityEnabled:
      !draft.portSecurityDisabled && (vpc.portSecurityEnabled || securityGroupIds.length > 0),
    ...{ securityGroupIds, allowedAddressPairs, bindings: [], labels },
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
  };
}

function oneVpc(drafts: readonly NewPort[]): string {
  const vpcId = drafts[0]?.vpcId ?? '';
  for (const draft of drafts) {
    if (draft.vpcId !== vpcId) {
      throw invalid(`${draft.path}.vpc_id`, 'must be the same for all ports of a request');
    }
  }
  return vpcId;
}
