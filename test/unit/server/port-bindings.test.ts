import { expect } from 'chai';
import fc from 'fast-check';
import { decodeRecord } from '../../../core/codec/records.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Member, SlotHolder } from '../../../core/model/resources.ts';
import { freeDrained } from '../../../core/placement/membership.ts';
import { transact } from '../../../core/store/transaction.ts';
import { registerHost } from '../../../server/rpc/host/register-host.ts';
import { bindPorts } from '../../../server/rpc/port/bind-ports.ts';
import { deletePort } from '../../../server/rpc/port/delete-port.ts';
import { migratePort } from '../../../server/rpc/port/migrate-port.ts';
import { unbindPort } from '../../../server/rpc/port/unbind-port.ts';
import { unbindPorts } from '../../../server/rpc/port/unbind-ports.ts';
import { failure, refused, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import {
  bindTo,
  makeHosts,
  makePort,
  makePorts,
  memberOf,
  planeWithVpc,
  portById,
  revisionOf,
  storedPort,
  useOf,
} from './port-fixture.ts';

const scope = scopes.vpc('v1');

const migrateTo = ({ deps }: ControlPlane, portId: string, hostId: string) =>
  migratePort(deps, request('MigratePort', { portId, hostId }));
const unbindFrom = ({ deps }: ControlPlane, portId: string, hostId = '') =>
  unbindPort(deps, request('UnbindPort', { portId, hostId }));

describe('binding ports', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await planeWithVpc();
    await makeHosts(plane, 'h1', 'h2', 'h3');
    await makePort(plane, { id: 'p' });
  });

  it('makes the host a member and keeps what the integration gave', async () => {
    const terms = {
      vnicType: 'direct',
      profile: '{"a":{"b":1}}',
      deviceId: 'vm',
      deviceOwner: 'compute:nova',
    };
    const port = await bindTo(plane, 'p', 'h1', terms);
    const binding = {
      hostId: 'h1',
      state: 'BINDING_STATE_ACTIVE',
      vnicType: 'direct',
      profile: '{"a":{"b":1}}',
    };
    expect(port.bindings).to.deep.equal([{ ...binding, status: 'APPLY_STATUS_DOWN', reason: '' }]);
    expect(port).to.include({ deviceId: 'vm', deviceOwner: 'compute:nova' });
    expect((await storedPort(plane, 'p'))?.bindings[0]).to.include({ vtepIp: '192.0.2.1' });
    expect(await memberOf(plane, 'h1')).to.include({ hostId: 'h1', epoch: 1 });
  });

  it('writes nothing when the port is bound there already', async () => {
    const first = await bindTo(plane, 'p', 'h1', { vnicType: 'direct', profile: '{"a":{"b":1}}' });
    expect(await bindTo(plane, 'p', 'h1')).to.deep.equal(first);
    expect(await revisionOf(plane)).to.equal(first.revision);
    expect((await migrateTo(plane, 'p', 'h1')).revision).to.equal(first.revision);
  });

  it('refuses a second active binding and the end of being active', async () => {
    await bindTo(plane, 'p', 'h1');
    const expected = { code: 'failed_precondition', resource: { type: 'port', id: 'p' } } as const;
    await refused(plane, 'v1', () => bindTo(plane, 'p', 'h2'), expected);
    await refused(plane, 'v1', () => bindTo(plane, 'p', 'h1', { state: 'BINDING_STATE_INACTIVE' }), expected);
  });

  it('migrates to a prepared host with that host’s terms, else with those of the source', async () => {
    await bindTo(plane, 'p', 'h1', { vnicType: 'direct', profile: '{"from":"h1"}' });
    await bindTo(plane, 'p', 'h2', { state: 'BINDING_STATE_INACTIVE', profile: '{"from":"h2"}' });
    const active = (port: Awaited<ReturnType<typeof bindTo>>) =>
      port.bindings?.map(({ hostId, state, vnicType, profile }) => ({ hostId, state, vnicType, profile }));
    const state = 'BINDING_STATE_ACTIVE';
    expect(active(await migrateTo(plane, 'p', 'h2'))).to.deep.equal([
      { hostId: 'h2', state, vnicType: 'normal', profile: '{"from":"h2"}' },
    ]);
    expect(active(await migrateTo(plane, 'p', 'h3'))).to.deep.equal([
      { hostId: 'h3', state, vnicType: 'normal', profile: '{"from":"h2"}' },
    ]);
    expect(await useOf(plane, 'h1')).to.deep.equal({ bindings: 0, epoch: 1, groups: {} });
    expect(await useOf(plane, 'h3')).to.deep.equal({ bindings: 1, epoch: 1, groups: {} });
  });

  it('binds and unbinds lists in one step or not at all', async () => {
    await makePorts(plane, { id: 'q' }, { id: 'r' });
    const requests = ['p', 'q', 'r'].map((portId, i) => ({ portId, hostId: `h${(i % 2) + 1}` }));
    const before = await revisionOf(plane);
    const bound = await bindPorts(plane.deps, request('BindPorts', { requests }));
    expect(bound.ports?.map((port) => port.revision)).to.deep.equal([before + 1, before + 1, before + 1]);
    const clash = [{ portId: 'p' }, { portId: 'q', hostId: 'h9' }, { portId: 'missing' }];
    const call = () => unbindPorts(plane.deps, request('UnbindPorts', { requests: clash }));
    await refused(plane, 'v1', call, { code: 'not_found' });
    const all = { requests: ['p', 'q', 'r'].map((portId) => ({ portId })) };
    const unbound = await unbindPorts(plane.deps, request('UnbindPorts', all));
    expect(unbound.ports?.map((port) => port.bindings)).to.deep.equal([[], [], []]);
    expect(await memberOf(plane, 'h1')).to.equal(undefined);
  });

  it('answers a repeat of a request id after the world has moved on', async () => {
    const first = await bindTo(plane, 'p', 'h1', { requestId: 'r1' });
    await unbindFrom(plane, 'p');
    const again = await bindTo(plane, 'p', 'h1', { requestId: 'r1' });
    expect(again).to.deep.equal(first);
    expect((await portById(plane, 'p')).bindings).to.deep.equal([]);
    const other = await failure(() => bindTo(plane, 'p', 'h2', { requestId: 'r1' }));
    expect(other.violations[0]?.field).to.equal('request_id');
  });

  it('takes a host’s new tunnel endpoint into its bindings', async () => {
    await bindTo(plane, 'p', 'h1');
    const host = { id: 'h1', vtepIp: '192.0.2.77' };
    await registerHost(plane.deps, request('RegisterHost', { host }));
    expect((await storedPort(plane, 'p'))?.bindings[0]).to.include({ vtepIp: '192.0.2.77' });
    const revision = await revisionOf(plane);
    await registerHost(plane.deps, request('RegisterHost', { host }));
    expect(await revisionOf(plane)).to.equal(revision);
  });

  it('does not keep a tunnel endpoint that changed while the binding was being written', async () => {
    const { store } = plane;
    const host = { id: 'h1', vtepIp: '192.0.2.77' };
    const commit: typeof store.commit = async (change) => {
      const binds = change.writes.some(({ key }) => key === keys.port('p'));
      if (binds) await registerHost(plane.deps, request('RegisterHost', { host }));
      return store.commit(change);
    };
    await bindTo({ ...plane, deps: { ...plane.deps, store: { ...store, commit } } }, 'p', 'h1');
    expect((await storedPort(plane, 'p'))?.bindings[0]).to.include({ vtepIp: '192.0.2.77' });
  });
});

const PORTS = ['p0', 'p1', 'p2', 'p3'];
const HOSTS = ['h1', 'h2', 'h3'];

type Step =
  | { do: 'bind' | 'prepare' | 'migrate' | 'unbind'; port: string; host: string }
  | { do: 'unbindAll' | 'remake'; port: string }
  | { do: 'freeSlots' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom('bind', 'prepare', 'migrate', 'unbind'),
    port: fc.constantFrom(...PORTS),
    host: fc.constantFrom(...HOSTS),
  }),
  fc.record({ do: fc.constantFrom('unbindAll', 'remake'), port: fc.constantFrom(...PORTS) }),
  fc.record({ do: fc.constant('freeSlots') }),
);

/** Port -> host -> whether the binding is active; what the calls should have come to. */
type Model = Map<string, Map<string, boolean>>;

/** False = the call must be refused. */
function expected(model: Model, action: Step): boolean {
  if (action.do === 'freeSlots') return true;
  const bindings = model.get(action.port) ?? new Map<string, boolean>();
  const active = [...bindings].find(([, isActive]) => isActive)?.[0];
  switch (action.do) {
    case 'bind':
      if (active !== undefined && active !== action.host) return false;
      bindings.set(action.host, true);
      return true;
    case 'prepare':
      if (active === action.host) return false;
      bindings.set(action.host, false);
      return true;
    case 'migrate':
      if (active !== undefined) bindings.delete(active);
      bindings.set(action.host, true);
      return true;
    case 'unbind':
      bindings.delete(action.host);
      return true;
    case 'unbindAll':
    case 'remake':
      bindings.clear();
      return true;
  }
}

async function perform(plane: ControlPlane, action: Step): Promise<unknown> {
  switch (action.do) {
    case 'bind':
      return bindTo(plane, action.port, action.host);
    case 'prepare':
      return bindTo(plane, action.port, action.host, { state: 'BINDING_STATE_INACTIVE' });
    case 'migrate':
      return migrateTo(plane, action.port, action.host);
    case 'unbind':
      return unbindFrom(plane, action.port, action.host);
    case 'unbindAll':
      return unbindFrom(plane, action.port);
    case 'remake':
      await deletePort(plane.deps, request('DeletePort', { id: action.port }));
      return makePort(plane, { id: action.port });
    case 'freeSlots':
      return freeDrainingSlots(plane);
  }
}

async function slots({ store }: ControlPlane): Promise<SlotHolder[]> {
  const records = await store.list(scope, 'slot', '', 1_000);
  return records.flatMap((record) => decodeRecord<SlotHolder>(record)?.value ?? []);
}

async function freeDrainingSlots(plane: ControlPlane): Promise<void> {
  for (const holder of await slots(plane))
    await transact(plane.store, scope, (tx) => freeDrained(tx, holder));
}

async function checkAgainst(plane: ControlPlane, model: Model, epochs: Map<string, number>): Promise<void> {
  const members = new Map<string, Member>();
  for (const host of HOSTS) {
    const bindings = [...model.values()].filter((hosts) => hosts.has(host)).length;
    const use = (await useOf(plane, host)) ?? { bindings: 0, epoch: 0, groups: {} };
    expect(use.bindings, `bindings on ${host}`).to.equal(bindings);
    const member = await memberOf(plane, host);
    expect(member !== undefined, `membership of ${host}`).to.equal(bindings > 0);
    if (member !== undefined) {
      members.set(host, member);
      expect(member.epoch).to.equal(use.epoch);
    }
    expect(use.epoch).to.be.at.least(epochs.get(host) ?? 0);
    epochs.set(host, use.epoch);
  }
  const held = (await slots(plane)).filter((holder) => holder.state === 'held');
  const byHost = (a: Member, b: Member) => (a.hostId < b.hostId ? -1 : 1);
  const wanted = [...members.values()].map((member) => ({ ...member, state: 'held' }));
  expect(held.sort(byHost)).to.deep.equal(wanted.sort(byHost));
  const all = (await slots(plane)).map(({ partition, slot }) => keys.slot(partition, slot));
  expect(new Set(all)).to.have.lengthOf(all.length);
  const names = ['ports', 'subnet-ports/s1', 'members/0', 'members/1', 'members/2', 'members/3'];
  const [ports, addresses, ...perPartition] = await plane.store.counters(scope, names);
  expect([ports, addresses]).to.deep.equal([PORTS.length, PORTS.length]);
  expect(perPartition.reduce((sum, count) => sum + count, 0)).to.equal(members.size);
  for (const port of PORTS) {
    const stored = (await storedPort(plane, port))?.bindings ?? [];
    const wantedBindings = [...(model.get(port) ?? [])];
    expect(stored.map((binding) => [binding.hostId, binding.state === 'active'])).to.have.deep.members(
      wantedBindings,
    );
  }
}

describe('any sequence of binding calls', () => {
  it('leaves use counts, members, slots and counters as a simple model has them', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const plane = await planeWithVpc();
        await makeHosts(plane, ...HOSTS);
        await makePorts(plane, ...PORTS.map((id) => ({ id })));
        const model: Model = new Map(PORTS.map((id) => [id, new Map<string, boolean>()]));
        const epochs = new Map<string, number>();
        for (const action of steps) {
          if (expected(model, action)) await perform(plane, action);
          else expect((await failure(() => perform(plane, action))).code).to.equal('failed_precondition');
          await checkAgainst(plane, model, epochs);
        }
      }),
      { numRuns: 12 },
    );
  }).timeout(60_000);

  it('keeps them right when calls run at the same time', async () => {
    const plane = await planeWithVpc();
    await makeHosts(plane, ...HOSTS);
    await makePorts(plane, ...PORTS.map((id) => ({ id })));
    for (let round = 0; round < 5; round++) {
      await Promise.all(
        PORTS.flatMap((port, i) => [
          migrateTo(plane, port, HOSTS[(i + round) % 3]!),
          unbindFrom(plane, port),
          bindTo(plane, port, HOSTS[(i + round + 1) % 3]!, { state: 'BINDING_STATE_INACTIVE' }).catch(
            () => undefined,
          ),
        ]),
      );
      const model: Model = new Map();
      for (const port of PORTS) {
        const bindings = (await storedPort(plane, port))?.bindings ?? [];
        model.set(port, new Map(bindings.map((binding) => [binding.hostId, binding.state === 'active'])));
      }
      await checkAgainst(plane, model, new Map());
    }
  });
});
