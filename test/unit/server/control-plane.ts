import { expect } from 'chai';
import { loadControl } from '../../../adapters/grpc/loader.ts';
import type { MethodName, Request, RequestInput } from '../../../adapters/grpc/methods.ts';
import { MemoryCluster } from '../../../adapters/memory/bus-cluster.ts';
import { openMemoryStore } from '../../../adapters/memory/store.ts';
import { PlatformError } from '../../../core/errors.ts';
import type { ErrorCode } from '../../../core/errors.ts';
import { silentLogger } from '../../../core/logger.ts';
import { scopes } from '../../../core/model/keys.ts';
import { topicNames } from '../../../core/placement/topics.ts';
import type { Scope, Store } from '../../../core/store/port.ts';
import type { ServerDeps, ServerLimits } from '../../../server/deps.ts';
import { prepareCluster } from '../../../server/prepare.ts';
import { Later } from '../../../server/reports/later.ts';
import type { TakeDeps } from '../../../server/reports/take-deps.ts';
import { createVpc } from '../../../server/rpc/vpc/create-vpc.ts';

export interface ControlPlane {
  readonly deps: ServerDeps;
  readonly store: Store;
  readonly clusters: readonly MemoryCluster[];
  readonly woken: Scope[];
  /** The time by both clocks. */
  now: number;
}

/** The server's handlers on a store and clusters in memory. */
export async function controlPlane(
  options: { clusters?: readonly string[]; copiesNamespaces?: number } & Partial<ServerLimits> = {},
): Promise<ControlPlane> {
  const { clusters: names = ['home'], copiesNamespaces, ...limits } = options;
  const clusters = names.map((name) => new MemoryCluster({ name }));
  const woken: Scope[] = [];
  const plane: { now: number } = { now: 1_700_000_000_123 };
  const store = openMemoryStore({ now: () => plane.now });
  const deps: ServerDeps = {
    store,
    clusters: new Map(
      clusters.map(({ name, bus, admin }) => [name, { name, bus, admin, serviceUrl: `pulsar://${name}` }]),
    ),
    topics: topicNames('test', copiesNamespaces),
    workPartitions: 2,
    statusPartitions: 2,
    limits: { hostsPerPartition: 2, maxPartitions: 8, ...limits },
    clock: () => plane.now,
    logger: silentLogger,
    wake: (scope) => woken.push(scope),
  };
  for (const cluster of deps.clusters.values()) {
    await prepareCluster(deps, cluster, undefined, { attempts: 1 });
  }
  return Object.assign(plane, { deps, store, clusters, woken });
}

/** What reports are taken with, outside of a running server. */
export function takeDeps({ deps }: Pick<ControlPlane, 'deps'>): TakeDeps {
  return { deps, later: new Later(silentLogger), counts: { rollbacks: 0 } };
}

/** What a handler receives for this request: defaults filled in as on the wire. */
export function request<M extends MethodName>(method: M, input: RequestInput<M>): Request<M> {
  const { requestSerialize, requestDeserialize } = loadControl().vpcast.v1.ControlService.service[method];
  const serialize = requestSerialize as (value: RequestInput<M>) => Buffer;
  return requestDeserialize(serialize(input)) as Request<M>;
}

export interface Refusal {
  readonly code: ErrorCode;
  /** Of the first violation. */
  readonly field?: string;
  readonly resource?: { readonly type: string; readonly id: string };
}

/** The call fails as expected, and the VPC's log has not moved. */
export async function refused(
  { store }: ControlPlane,
  vpcId: string,
  call: () => Promise<unknown>,
  expected: Refusal,
): Promise<PlatformError> {
  const before = await store.status(scopes.vpc(vpcId));
  const error = await failure(call);
  expect(error.code, error.message).to.equal(expected.code);
  if (expected.field !== undefined)
    expect(error.violations[0]?.field, error.message).to.equal(expected.field);
  if (expected.resource !== undefined) expect(error.resource, error.message).to.deep.equal(expected.resource);
  expect((await store.status(scopes.vpc(vpcId))).revision).to.equal(before.revision);
  return error;
}

export async function failure(call: () => Promise<unknown>): Promise<PlatformError> {
  try {
    await call();
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
  throw new Error('the call was expected to fail');
}

export async function makeVpc(plane: ControlPlane, id = 'v1', vpc: Partial<VpcFields> = {}): Promise<string> {
  await createVpc(plane.deps, request('CreateVpc', { vpc: { id, ...vpc } }));
  return id;
}

type VpcFields = NonNullable<RequestInput<'CreateVpc'>['vpc']>;
