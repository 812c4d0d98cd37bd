import { decodeRecord } from '../../core/codec/records.ts';
import { isGroup } from '../../core/model/interest.ts';
import { keys, splitKey, splitScope } from '../../core/model/keys.ts';
import type { Host, Member } from '../../core/model/resources.ts';
import { isResource } from '../../core/model/view.ts';
import type { Scope, StoredRecord } from '../../core/store/port.ts';
import { readSnapshot } from '../../core/store/snapshot.ts';
import { isForHost } from '../dispatch-host.ts';
import type { Node } from '../node.ts';
import { expectedDigest, expectedDigests } from './expected-digests.ts';
import type { Receiver } from './send-again.ts';

/** What a scope is to look like at its hosts. */
export interface Expected {
  readonly receivers: readonly Receiver[];
  readonly at: (hostId: string) => ExpectedAtHost;
}

export interface ExpectedAtHost {
  /** Of what the host receives, nothing has changed after it. */
  readonly revision: number;
  readonly digest: number;
}

const isForMember = ({ key }: StoredRecord): boolean => isResource(key);
/** What is sent to every member. */
const isForAll = ({ key }: StoredRecord): boolean => isResource(key) && !isGroup(key);

/** Reads a VPC's scope, or a host's own. Says what is right only if the scope does not change meanwhile. */
export async function readExpected(node: Node, scope: Scope): Promise<Expected> {
  const { kind, id } = splitScope(scope);
  const { records } = await readSnapshot(node.store, scope, node.options.changesPage);
  if (kind === 'host') {
    const received = [...records.values()].filter(isForHost);
    const record = records.get(keys.host(id));
    const host = record && decodeRecord<Host>(record)?.value;
    const expected = {
      digest: expectedDigest(received),
      revision: await lastChange(node, scope, received, isForHost),
    };
    return {
      receivers: host === undefined ? [] : [{ hostId: id, epoch: host.member.epoch }],
      at: () => expected,
    };
  }
  const received = [...records.values()].filter(isForMember);
  const revision = await lastChange(node, scope, received.filter(isForAll), isForAll);
  const expected = await expectedDigests(received);
  return {
    receivers: [...records.values()].flatMap((record) => {
      const member = splitKey(record.key).kind === 'member' ? decodeRecord<Member>(record)?.value : undefined;
      return member === undefined ? [] : [{ hostId: member.hostId, epoch: member.epoch }];
    }),
    at: (hostId) => {
      const { digest, newestOwn } = expected(hostId);
      return { digest, revision: Math.max(revision, newestOwn) };
    },
  };
}

/** Removals included, which are in the log only. */
async function lastChange(
  { store, options }: Node,
  scope: Scope,
  records: readonly StoredRecord[],
  isReceived: (record: StoredRecord) => boolean,
): Promise<number> {
  let newest = records.reduce((most, { revision }) => Math.max(most, revision), 0);
  for (let at = newest; ;) {
    const page = await store.changes(scope, at, options.changesPage);
    for (const record of page.changes) {
      if (isReceived(record)) newest = Math.max(newest, record.revision);
    }
    at = page.through;
    if (at >= page.head) return newest;
  }
}
