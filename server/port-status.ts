/**
 * What the hosts say of ports. Nothing of it is stored with the port: it follows from the newest report of each host
 * that a port is bound on, so that progress costs no write and no dispatch.
 */
import { decodeRecord } from '../core/codec/records.ts';
import type { Decoded } from '../core/codec/records.ts';
import { decodeReportBody } from '../core/codec/report-body.ts';
import { keys, scopes } from '../core/model/keys.ts';
import type { Binding, Member, Port } from '../core/model/resources.ts';
import { isContinued } from '../core/placement/membership.ts';
import type { ScopeStore } from '../core/store/port.ts';
import type { ServerDeps } from './deps.ts';
import { offlineAmong } from './leases/presence.ts';

export interface Said {
  readonly status: 'APPLY_STATUS_DOWN' | 'APPLY_STATUS_ACTIVE' | 'APPLY_STATUS_FAILED';
  /** Why it failed, or that its host is offline; else ''. */
  readonly reason: string;
}

export interface PortStatus extends Said {
  /** Of each binding, by host. */
  readonly bindings: ReadonlyMap<string, Said>;
}

/** What a host says of its VPC now: undefined = it is no member, or has not reported since it is. */
export interface HostWord {
  readonly revision: number;
  readonly complete: boolean;
  /** By record key. */
  readonly failures: ReadonlyMap<string, { readonly revision: number; readonly reason: string }>;
}

const OFFLINE = 'the host is offline';
const down: Said = { status: 'APPLY_STATUS_DOWN', reason: '' };

/**
 * The revision below which reports of the host say nothing about the binding. A commit's revision is not known to
 * its writer, so a binding is written with 0 and its commit is the revision of the record that carries it; whoever
 * writes the port again notes it ({@link settleBindings}).
 */
function boundAt(binding: Binding, portRevision: number): number {
  return binding.boundAfter === 0 ? portRevision : binding.boundAfter + 1;
}

/** The bindings as they go into the next version of the port, which will have another revision. */
export function settleBindings(port: Decoded<Port>): Binding[] {
  return port.value.bindings.map((binding) => ({
    ...binding,
    boundAfter: boundAt(binding, port.revision) - 1,
  }));
}

export function bindingStatus(port: Decoded<Port>, binding: Binding, word: HostWord | undefined): Said {
  const since = boundAt(binding, port.revision);
  if (word === undefined) return down;
  const failure = word.failures.get(port.key);
  if (failure !== undefined && failure.revision >= since) {
    return { status: 'APPLY_STATUS_FAILED', reason: failure.reason };
  }
  if (word.revision < since || !word.complete) return down;
  return { status: 'APPLY_STATUS_ACTIVE', reason: '' };
}

/** A host that is offline counts as it spoke last: whoever runs VMs on it knows better what became of them. */
function portStatus(
  port: Decoded<Port>,
  words: ReadonlyMap<string, HostWord>,
  offline: ReadonlySet<string>,
): PortStatus {
  const bindings = new Map<string, Said>();
  let said = down;
  for (const binding of port.value.bindings) {
    const spoken = bindingStatus(port, binding, words.get(binding.hostId));
    const isUnexplained = offline.has(binding.hostId) && spoken.reason === '';
    const ofBinding = isUnexplained ? { ...spoken, reason: OFFLINE } : spoken;
    bindings.set(binding.hostId, ofBinding);
    if (binding.state === 'active') said = ofBinding;
  }
  return { ...said, bindings };
}

/** The statuses of ports of one VPC, in their order; a few reads however many they are. */
export async function portStatuses(
  deps: Pick<ServerDeps, 'store' | 'leases'>,
  vpcId: string,
  ports: readonly Decoded<Port>[],
): Promise<PortStatus[]> {
  const named = new Set(ports.flatMap((port) => port.value.bindings.map((binding) => binding.hostId)));
  const hosts = [...named];
  const [words, offline] = await Promise.all([
    hostWords(deps.store, vpcId, hosts),
    offlineAmong(deps, hosts),
  ]);
  return ports.map((port) => portStatus(port, words, offline));
}

export async function hostWords(
  store: ScopeStore,
  vpcId: string,
  hosts: readonly string[],
): Promise<Map<string, HostWord>> {
  const words = new Map<string, HostWord>();
  if (hosts.length === 0) return words;
  const scope = scopes.vpc(vpcId);
  const [members, reports] = await Promise.all([
    store.read(scope, hosts.map(keys.member)),
    store.reports(scope, hosts),
  ]);
  hosts.forEach((host, i) => {
    const member = members[i] && decodeRecord<Member>(members[i]);
    const report = reports[i];
    if (member === undefined || report === undefined || !isContinued(member.value, report.epoch)) return;
    const { failures, complete } = decodeReportBody(report);
    words.set(host, {
      revision: report.revision,
      complete,
      failures: new Map(failures.map((failure) => [failure.key, failure])),
    });
  });
  return words;
}
