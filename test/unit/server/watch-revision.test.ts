import { expect } from 'chai';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { RevisionProgressInput } from '../../../proto/gen/vpcast/v1/RevisionProgress.ts';
import { deletePort } from '../../../server/rpc/port/delete-port.ts';
import { unbindPort } from '../../../server/rpc/port/unbind-port.ts';
import { getVpcStatus } from '../../../server/rpc/status/get-vpc-status.ts';
import { watchRevision } from '../../../server/rpc/status/watch-revision.ts';
import { deleteVpc } from '../../../server/rpc/vpc/delete-vpc.ts';
import { failure, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { bindTo, makeHosts, makePort, memberOf, planeWithVpc, report, revisionOf } from './port-fixture.ts';

const scope = scopes.vpc('v1');

/** What the dispatcher would note of something for some hosts; those that are not named were sent nothing since. */
async function dispatch(
  { store }: ControlPlane,
  revision: number,
  sent: Record<string, number> = {},
): Promise<void> {
  const { token } = await store.beginDispatch(scope);
  const named = new Map(Object.entries(sent));
  await store.advance({ scope, token, dispatched: revision, sentAll: 1, sent: named });
}

describe('watching a revision', () => {
  let plane: ControlPlane;
  let bound: number;
  beforeEach(async () => {
    plane = await planeWithVpc();
    await makeHosts(plane, 'h1', 'h2', 'h3');
    for (const host of ['h1', 'h2']) await makePort(plane, { id: `on-${host}` }, { hostId: host });
    bound = await revisionOf(plane);
  });

  const watch = (
    input: { revision?: number; portIds?: string[] } = {},
    signal = new AbortController().signal,
  ) => watchRevision(plane.deps, request('WatchRevision', { vpcId: 'v1', ...input }), { signal });
  const next = async (
    stream: AsyncGenerator<RevisionProgressInput, void>,
  ): Promise<RevisionProgressInput> => {
    const { value } = await stream.next();
    if (value === undefined) throw new Error('the stream has ended');
    return value;
  };

  it('says at once how things stand, then each change, and ends when all have it', async () => {
    const stream = watch({ portIds: ['on-h1'] });
    const first = await next(stream);
    expect(first).to.deep.include({
      vpcId: 'v1',
      revision: bound,
      hostsTotal: 2,
      hostsApplied: 0,
      done: false,
    });
    expect(first.pendingHosts).to.deep.equal(['h1', 'h2']);
    expect(first.ports).to.deep.equal([{ portId: 'on-h1', status: 'APPLY_STATUS_DOWN', reason: '' }]);
    await dispatch(plane, bound, { h1: bound, h2: bound });
    await report(plane, 'h1');
    const second = await next(stream);
    expect(second).to.deep.include({ hostsTotal: 2, hostsApplied: 1, pendingHosts: ['h2'], done: false });
    expect(second.ports).to.deep.equal([{ portId: 'on-h1', status: 'APPLY_STATUS_ACTIVE', reason: '' }]);
    await report(plane, 'h2');
    expect(await next(stream)).to.deep.include({ hostsApplied: 2, pendingHosts: [], done: true });
    expect((await stream.next()).done).to.equal(true);
  });

  it('does not count a host before the revision was dispatched', async () => {
    await dispatch(plane, bound - 1, { h1: 1, h2: 1 });
    await report(plane, 'h1', { revision: bound - 1 });
    const stream = watch();
    expect(await next(stream)).to.include({ hostsApplied: 0 });
    // The revision is nothing to h1: it was sent no more than it has.
    await dispatch(plane, bound, { h1: bound - 1, h2: bound });
    expect(await next(stream)).to.include({ hostsApplied: 1 });
    await stream.return();
  });

  it('ignores hosts that came later, and those that leave', async () => {
    await makePort(plane, {}, { hostId: 'h3' });
    await dispatch(plane, bound, { h1: bound, h2: bound });
    const stream = watch({ revision: bound });
    expect((await next(stream)).pendingHosts).to.deep.equal(['h1', 'h2']);
    await unbindPort(plane.deps, request('UnbindPort', { portId: 'on-h2' }));
    expect(await next(stream)).to.deep.include({ hostsTotal: 1, pendingHosts: ['h1'] });
    await report(plane, 'h1', { revision: bound });
    expect(await next(stream)).to.include({ hostsTotal: 1, hostsApplied: 1, done: true });
  });

  it('keeps a host counted that has lost everything since', async () => {
    await dispatch(plane, bound, { h1: bound, h2: bound });
    await report(plane, 'h1');
    const stream = watch();
    expect(await next(stream)).to.include({ hostsApplied: 1 });
    await plane.store.forgetReport(scope, 'h1', 1);
    const failed = { key: keys.port('on-h2'), revision: bound, reason: 'no bridge' };
    await report(plane, 'h2', { failures: [failed] });
    const last = await next(stream);
    expect(last).to.include({ hostsApplied: 2, done: true });
    expect(last.failures).to.deep.equal([
      { type: 'port', id: 'on-h2', revision: bound, reason: 'no bridge' },
    ]);
  });

  it('ignores reports of another membership', async () => {
    await dispatch(plane, bound, { h1: bound, h2: bound });
    await report(plane, 'h1', { epoch: 0, revision: 1_000 });
    const stream = watch();
    expect(await next(stream)).to.include({ hostsApplied: 0 });
    await stream.return();
  });

  it('ends without a word when the caller goes, also before the first message', async () => {
    const caller = new AbortController();
    const stream = watch({}, caller.signal);
    await next(stream);
    const waiting = stream.next();
    caller.abort();
    expect((await waiting).done).to.equal(true);
    const gone = new AbortController();
    gone.abort();
    expect((await watch({}, gone.signal).next()).done).to.equal(true);
  });

  it('fails when the VPC is deleted meanwhile', async () => {
    const stream = watch();
    await next(stream);
    const waiting = failure(async () => {
      for await (const progress of stream) expect(progress.done).to.equal(false);
    });
    for (const id of ['on-h1', 'on-h2']) await deletePort(plane.deps, request('DeletePort', { id }));
    await deleteVpc(plane.deps, request('DeleteVpc', { id: 'v1' }));
    expect((await waiting).code).to.equal('not_found');
  });

  it('is done at once in a VPC without hosts, once dispatched', async () => {
    for (const id of ['on-h1', 'on-h2']) await deletePort(plane.deps, request('DeletePort', { id }));
    const stream = watch();
    expect(await next(stream)).to.include({ hostsTotal: 0, done: false });
    await dispatch(plane, await revisionOf(plane));
    expect(await next(stream)).to.include({ hostsTotal: 0, done: true });
  });

  const refusals: [string, Parameters<typeof watch>[0] & { vpcId?: string }, string, string?][] = [
    ['no VPC', { vpcId: '' }, 'invalid_argument', 'vpc_id'],
    ['a missing VPC', { vpcId: 'v9' }, 'not_found'],
    ['a revision to come', { revision: 10_000 }, 'invalid_argument', 'revision'],
    ['a bad port', { portIds: ['/'] }, 'invalid_argument', 'port_ids[0]'],
    ['a missing port', { portIds: ['on-h1', 'p9'] }, 'not_found', 'port_ids[1]'],
    ['too many ports', { portIds: Array<string>(1_001).fill('p') }, 'invalid_argument', 'port_ids'],
  ];
  for (const [name, input, code, field] of refusals) {
    it(`refuses ${name}`, async () => {
      const error = await failure(() => watch(input).next());
      expect(error.code).to.equal(code);
      expect(error.violations[0]?.field).to.equal(field);
    });
  }
});

describe('status of a VPC', () => {
  it('shows where it is, how much there is, and how far each host is', async () => {
    const plane = await planeWithVpc();
    await makeHosts(plane, 'h1', 'h2', 'h3');
    for (const id of ['p1', 'p2', 'p3']) await makePort(plane, { id });
    for (const [i, id] of ['p1', 'p2', 'p3'].entries()) await bindTo(plane, id, `h${i + 1}`);
    const revision = await revisionOf(plane);
    await dispatch(plane, revision - 1, { h1: 5, h2: revision - 1 });
    const failed = { key: 'security-group/g', revision: 4, reason: 'full' } as const;
    await report(plane, 'h1', { revision: 5, failures: [failed] });
    await report(plane, 'h2', { epoch: 0, revision: 99 });
    const status = (input: object) =>
      getVpcStatus(plane.deps, request('GetVpcStatus', { id: 'v1', ...input }));
    const first = await status({ pageSize: 2 });
    const topic = plane.deps.topics.vpc('v1');
    expect(first).to.include({
      vpcId: 'v1',
      cluster: 'home',
      topic,
      partitions: 1,
      hostCount: 3,
      portCount: 3,
    });
    expect(first).to.include({ revision, dispatchedRevision: revision - 1 });
    const member = await memberOf(plane, 'h1');
    expect(first.hosts).to.have.lengthOf(2);
    expect(first.hosts?.[0]).to.deep.equal({
      ...member,
      sentRevision: 5,
      appliedRevision: 5,
      ...{ offline: false, held: false },
      failures: [{ type: 'security_group', id: 'g', revision: 4, reason: 'full' }],
    });
    expect(first.hosts?.[1]).to.deep.include({ hostId: 'h2', appliedRevision: 0, failures: [] });
    const second = await status({ pageToken: first.nextPageToken ?? '' });
    expect(second.hosts?.map((host) => host.hostId)).to.deep.equal(['h3']);
    expect(
      (await failure(() => getVpcStatus(plane.deps, request('GetVpcStatus', { id: 'x' })))).code,
    ).to.equal('not_found');
  });

  it('says that a host was sent nothing before its joining is dispatched', async () => {
    const plane = await planeWithVpc();
    await makeHosts(plane, 'h1', 'h2');
    for (const host of ['h1', 'h2']) await makePort(plane, { id: `on-${host}` }, { hostId: host });
    const joined = (await plane.store.read(scope, [keys.member('h2')]))[0]?.revision ?? 0;
    const { token } = await plane.store.beginDispatch(scope);
    const sent = async (dispatched: number) => {
      const sentAll = dispatched;
      await plane.store.advance({ scope, token, dispatched, sent: new Map(), sentAll });
      const { hosts } = await getVpcStatus(plane.deps, request('GetVpcStatus', { id: 'v1' }));
      return hosts?.map((host) => host.sentRevision);
    };
    expect(await sent(joined - 1)).to.deep.equal([joined - 1, 0]);
    expect(await sent(joined)).to.deep.equal([joined, joined]);
  });

  it('forgets what a host was sent in an earlier membership', async () => {
    const plane = await planeWithVpc();
    await makeHosts(plane, 'h1');
    await makePort(plane, { id: 'p' }, { hostId: 'h1' });
    const bound = await revisionOf(plane);
    await dispatch(plane, bound, { h1: bound });
    await unbindPort(plane.deps, request('UnbindPort', { portId: 'p' }));
    await bindTo(plane, 'p', 'h1');
    const { hosts } = await getVpcStatus(plane.deps, request('GetVpcStatus', { id: 'v1' }));
    expect(hosts?.[0]).to.deep.include({ hostId: 'h1', epoch: 2, sentRevision: 0 });
  });
});
