import { decodeRecord } from '../../../core/codec/records.ts';
import type { Decoded } from '../../../core/codec/records.ts';
import { invalid } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Port } from '../../../core/model/resources.ts';
import type { Store } from '../../../core/store/port.ts';
import type { ListPortsRequest } from '../../../proto/gen/vpcast/v1/ListPortsRequest.ts';
import type { ListPortsResponseInput } from '../../../proto/gen/vpcast/v1/ListPortsResponse.ts';
import type { PortInput } from '../../../proto/gen/vpcast/v1/Port.ts';
import type { ServerDeps } from '../../deps.ts';
import * as fields from '../../fields.ts';
import { readVpc } from '../locate.ts';
import { cut, isDefined, pageOf } from '../paging.ts';
import { deviceCatalog, hostCatalog } from './hints.ts';
import { presentPorts } from './present.ts';

/** '' = any. */
interface Filter {
  readonly vpcId: string;
  readonly deviceId: string;
  readonly hostId: string;
}

/** Candidates after an id, in order; fewer than asked for = there are no more. */
type Source = (after: string, limit: number) => Promise<Candidate[]>;

interface Candidate {
  readonly id: string;
  readonly port: Decoded<Port> | undefined;
}

export async function listPorts(
  deps: ServerDeps,
  request: ListPortsRequest,
): Promise<ListPortsResponseInput> {
  const filter = {
    vpcId: fields.optionalId('vpc_id', request.vpcId),
    deviceId: fields.text('device_id', request.deviceId),
    hostId: fields.optionalId('host_id', request.hostId),
  };
  const page = pageOf(request);
  if (filter.vpcId !== '') await readVpc(deps.store, filter.vpcId);
  const matching = await collect(sourceFor(deps.store, filter), filter, page.after, page.size + 1);
  const { items, nextPageToken } = cut(page, matching, (port) => port.value.id);
  return { ports: await presentAll(deps, items), nextPageToken };
}

/** The narrowest listing there is for the filter. */
function sourceFor(store: Store, { vpcId, deviceId, hostId }: Filter): Source {
  if (deviceId !== '') return fromCatalog(store, deviceCatalog(deviceId));
  if (hostId !== '') return fromCatalog(store, hostCatalog(hostId));
  if (vpcId === '') throw invalid('vpc_id', 'one of vpc_id, device_id and host_id must be set');
  return async (after, limit) => {
    const records = await store.list(scopes.vpc(vpcId), 'port', after, limit);
    return records.map((record) => ({
      id: record.key.slice('port/'.length),
      port: decodeRecord<Port>(record),
    }));
  };
}

function fromCatalog(store: Store, catalog: string): Source {
  return async (after, limit) => {
    const ids = await store.catalog(catalog, after, limit);
    const vpcIds = await store.owners('port', ids);
    const ports = new Map<string, Decoded<Port>>();
    await Promise.all(
      [...new Set(vpcIds.filter(isDefined))].map(async (vpcId) => {
        const here = ids.filter((_id, i) => vpcIds[i] === vpcId);
        const records = await store.read(scopes.vpc(vpcId), here.map(keys.port));
        for (const port of records.map((record) => decodeRecord<Port>(record)).filter(isDefined)) {
          ports.set(port.value.id, port);
        }
      }),
    );
    return ids.map((id) => ({ id, port: ports.get(id) }));
  };
}

async function collect(
  source: Source,
  filter: Filter,
  from: string,
  wanted: number,
): Promise<Decoded<Port>[]> {
  const found: Decoded<Port>[] = [];
  for (let after = from; ;) {
    const candidates = await source(after, wanted);
    for (const { port } of candidates)
      if (port !== undefined && matches(port.value, filter)) found.push(port);
    const last = candidates.at(-1);
    if (found.length >= wanted || candidates.length < wanted || last === undefined)
      return found.slice(0, wanted);
    after = last.id;
  }
}

function matches(port: Port, { vpcId, deviceId, hostId }: Filter): boolean {
  return (
    (vpcId === '' || port.vpcId === vpcId) &&
    (deviceId === '' || port.deviceId === deviceId) &&
    (hostId === '' || port.bindings.some((binding) => binding.hostId === hostId))
  );
}

/** In their order; the reports of a VPC are read once. */
async function presentAll(deps: ServerDeps, ports: readonly Decoded<Port>[]): Promise<PortInput[]> {
  const presented = new Map<string, PortInput>();
  const vpcIds = new Set(ports.map((port) => port.value.vpcId));
  await Promise.all(
    [...vpcIds].map(async (vpcId) => {
      const group = ports.filter((port) => port.value.vpcId === vpcId);
      const inputs = await presentPorts(deps, vpcId, group);
      group.forEach((port, i) => presented.set(port.value.id, inputs[i] ?? {}));
    }),
  );
  return ports.map((port) => presented.get(port.value.id) ?? {});
}
