import { expect } from 'chai';
import { scopes } from '../../../core/model/keys.ts';
import type { RevisionProgressInput } from '../../../proto/gen/vpcast/v1/RevisionProgress.ts';
import { listPorts } from '../../../server/rpc/port/list-ports.ts';
import { getVpcStatus } from '../../../server/rpc/status/get-vpc-status.ts';
import { watchRevision } from '../../../server/rpc/status/watch-revision.ts';
import { request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { bindTo, makeHosts, makePort, planeWithVpc, portById, report, revisionOf } from './port-fixture.ts';

const scope = scopes.vpc('v1');

describe('a host that is offline', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await planeWithVpc();
    await makeHosts(plane, 'h1', 'h2', 'h3');
    for (const host of ['h1', 'h2']) await makePort(plane, { id: `on-${host}` }, { hostId: host });
  });

  /** Longer than a lease goes by, in which only these hosts are heard of. */
  async function silence(...heard: string[]): Promise<void> {
    const nowMs = await plane.store.leaseClock();
    await plane.store.advanceLeaseClock(nowMs, 31_000);
    await plane.store.hear(heard, nowMs + 31_000);
  }
  /** Copies up to the present revision went out, to these hosts through another. */
  async function dispatch(sent: Record<string, number> = {}): Promise<number> {
    const revision = await revisionOf(plane);
    const { token } = await plane.store.beginDispatch(scope);
    const advance = { scope, token, dispatched: revision, sentAll: revision, mark: revision };
    await plane.store.advance({ ...advance, sent: new Map(Object.entries(sent)) });
    return revision;
  }
  const status = () => getVpcStatus(plane.deps, request('GetVpcStatus', { id: 'v1' }));
  const watch = () =>
    watchRevision(plane.deps, request('WatchRevision', { vpcId: 'v1', portIds: ['on-h2'] }), {
      signal: new AbortController().signal,
    });
  async function next(stream: AsyncGenerator<RevisionProgressInput, void>): Promise<RevisionProgressInput> {
    const { value } = await stream.next();
    if (value === undefined) throw new Error('the stream has ended');
    return value;
  }

  it('is shown as such, and so is one that is held back', async () => {
    const before = await dispatch();
    await bindTo(plane, 'on-h1', 'h1', { profile: '{"n":1}' });
    const revision = await dispatch({ h2: before });
    await silence('h1', 'h3');
    const { hosts, offlineHosts, leaseAlarm } = await status();
    expect(hosts?.map(({ hostId, offline, held }) => [hostId, offline, held])).to.deep.equal([
      ['h1', false, false],
      ['h2', true, true],
    ]);
    expect([offlineHosts, leaseAlarm]).to.deep.equal([1, '']);
    await silence('h1', 'h2');
    expect((await status()).offlineHosts, 'h3 is no member').to.equal(0);
    await dispatch({ h2: revision });
    expect((await status()).hosts?.[1]).to.deep.include({ offline: false, held: false });
  });

  it('is not shown as such while the leases stand, which is said', async () => {
    const deps = { ...plane.deps, leaseAlarm: () => 'too many' };
    const said = await getVpcStatus(deps, request('GetVpcStatus', { id: 'v1' }));
    expect(said).to.include({ leaseAlarm: 'too many', offlineHosts: 0 });
  });

  it('is not waited for, and is when it is back', async () => {
    const bound = await dispatch();
    const stream = watch();
    expect(await next(stream)).to.deep.include({
      hostsTotal: 2,
      hostsOffline: 0,
      pendingHosts: ['h1', 'h2'],
    });
    await silence('h1');
    expect(await next(stream)).to.deep.include({
      ...{ hostsTotal: 2, hostsApplied: 0, hostsOffline: 1, pendingHosts: ['h1'], done: false },
      ports: [{ portId: 'on-h2', status: 'APPLY_STATUS_DOWN', reason: 'the host is offline' }],
    });
    await silence('h1', 'h2');
    expect(await next(stream)).to.deep.include({ hostsOffline: 0, pendingHosts: ['h1', 'h2'] });
    await silence('h1');
    expect(await next(stream)).to.deep.include({ hostsOffline: 1 });
    await report(plane, 'h1', { revision: bound });
    expect(await next(stream)).to.deep.include({
      ...{ hostsTotal: 2, hostsApplied: 1, hostsOffline: 1, pendingHosts: [], done: true },
    });
    expect((await stream.next()).done).to.equal(true);
  });

  it('counts as having what it reported before it fell silent', async () => {
    await dispatch();
    await report(plane, 'h1');
    await report(plane, 'h2');
    await silence();
    expect(await next(watch())).to.deep.include({
      hostsTotal: 2,
      hostsApplied: 2,
      hostsOffline: 0,
      done: true,
    });
  });

  it('has not got a revision only because it was sent nothing of it', async () => {
    const before = await dispatch();
    await report(plane, 'h1');
    await report(plane, 'h2');
    await bindTo(plane, 'on-h1', 'h1', { profile: '{"n":2}' });
    await dispatch({ h2: before });
    await report(plane, 'h1');
    expect(await next(watch())).to.deep.include({ hostsApplied: 1, pendingHosts: ['h2'], done: false });
  });

  it('leaves the status of its ports as it was, and says why it may be old', async () => {
    await report(plane, 'h2');
    await silence('h1');
    const port = await portById(plane, 'on-h2');
    expect(port.status).to.equal('APPLY_STATUS_ACTIVE');
    expect(port.bindings?.[0]).to.deep.include({
      status: 'APPLY_STATUS_ACTIVE',
      reason: 'the host is offline',
    });
    const { ports } = await listPorts(plane.deps, request('ListPorts', { vpcId: 'v1' }));
    expect(ports?.map(({ bindings }) => bindings?.[0]?.reason)).to.deep.equal(['', 'the host is offline']);
    const failed = { key: 'port/on-h2', revision: await revisionOf(plane), reason: 'no bridge' } as const;
    await report(plane, 'h2', { failures: [failed] });
    expect((await portById(plane, 'on-h2')).bindings?.[0]?.reason).to.equal('no bridge');
  });
});
