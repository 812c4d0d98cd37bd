import { expect } from 'chai';
import { alreadyExists } from '../../../core/errors.ts';
import { scopes } from '../../../core/model/keys.ts';
import type { Store } from '../../../core/store/port.ts';
import { transact } from '../../../core/store/transaction.ts';
import { claimId, idFor, mutate, releaseIds, vpcOf } from '../../../server/rpc/locate.ts';
import { controlPlane, failure } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

describe('ids', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane();
  });
  const claim = (owner: string) => claimId(plane.deps, 'port', 'p1', owner);
  const makePort = (vpcId: string) =>
    transact(plane.store, scopes.vpc(vpcId), (tx) => {
      tx.put('port/p1', { id: 'p1' });
      return Promise.resolve();
    });

  it('belong to the first who claims them while their resource is there', async () => {
    await claim('v1');
    await claim('v1');
    expect(await vpcOf(plane.store, 'port', 'p1')).to.equal('v1');
    expect((await failure(() => claim('v2'))).code).to.equal('aborted');
    await makePort('v1');
    plane.now += 3_600_000;
    const error = await failure(() => claim('v2'));
    expect(error).to.deep.include({ code: 'already_exists', resource: { type: 'port', id: 'p1' } });
    await claim('v1');
  });

  it('are free again a minute after a claim that came to nothing', async () => {
    await claim('v1');
    plane.now += 60_000;
    await claim('v2');
    expect(await vpcOf(plane.store, 'port', 'p1')).to.equal('v2');
  });

  it('are claimed anew by their former owner, so that nobody else takes them meanwhile', async () => {
    await claim('v1');
    plane.now += 60_000;
    await claim('v1');
    expect((await failure(() => claim('v2'))).code).to.equal('aborted');
  });

  it('are kept by an owner who claims again before the minute is over', async () => {
    await claim('v1');
    plane.now += 59_000;
    await claim('v1');
    plane.now += 1_000;
    expect((await failure(() => claim('v2'))).code).to.equal('aborted');
  });

  it('are not taken from an owner who claims again after somebody saw the claim void', async () => {
    await claim('v1');
    plane.now += 60_000;
    const late = claimId(plane.deps, 'port', 'p1', 'v2', async () => {
      await claim('v1');
      return false;
    });
    expect((await failure(() => late)).code).to.equal('aborted');
    expect(await vpcOf(plane.store, 'port', 'p1')).to.equal('v1');
  });

  it('do not depend on the clock of the server', async () => {
    await claim('v1');
    const ahead = { ...plane.deps, clock: () => plane.now + 3_600_000 };
    expect((await failure(() => claimId(ahead, 'port', 'p1', 'v2'))).code).to.equal('aborted');
  });

  it('go to one of many who claim a void one', async () => {
    await claim('v0');
    plane.now += 60_000;
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, (_, n) => claim(`v${n + 1}`)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1);
  });

  it('are released unless a repeat may have to find the VPC', async () => {
    await claim('v1');
    await releaseIds(plane.deps, 'port', ['p1'], 'v1', 'r1');
    expect(await vpcOf(plane.store, 'port', 'p1')).to.equal('v1');
    await releaseIds(plane.deps, 'port', ['p1'], 'v1', '');
    const error = await failure(() => vpcOf(plane.store, 'port', 'p1'));
    expect(error).to.deep.include({ code: 'not_found', resource: { type: 'port', id: 'p1' } });
  });

  it('that the server makes are the same for the same request, and only then', () => {
    const made = idFor('id', '', 'CreatePort', 'r1');
    expect(made).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(idFor('id', '', 'CreatePort', 'r1')).to.equal(made);
    const others = [
      idFor('id', '', 'CreatePort', 'r2'),
      idFor('id', '', 'CreateSubnet', 'r1'),
      idFor('id', '', 'CreatePort', 'r1', 1),
      idFor('id', '', 'CreatePort', ''),
      idFor('id', '', 'CreatePort', ''),
    ];
    expect(new Set([made, ...others])).to.have.length(6);
    expect(idFor('id', 'mine', 'CreatePort', 'r1')).to.equal('mine');
  });
});

describe('changing a scope', () => {
  it('is announced before the commit, and wakes the dispatchers after it, only if something is written', async () => {
    const plane = await controlPlane();
    const scope = scopes.vpc('v1');
    const announced = async () => (await plane.store.announced(0, 100)).map((entry) => entry.scope);
    plane.woken.length = 0;
    await mutate(plane.deps, scope, undefined, (tx) => tx.get('vpc/v1'));
    const refusing = mutate(plane.deps, scope, undefined, () => Promise.reject(alreadyExists('vpc', 'v1')));
    await failure(() => refusing);
    expect(await announced()).not.to.include(scope);
    expect(plane.woken).to.deep.equal([]);
    const store: Store = Object.create(plane.store) as Store;
    store.commit = async (commit) => {
      expect(await announced()).to.include(scope);
      expect(plane.woken).to.deep.equal([]);
      return plane.store.commit(commit);
    };
    await mutate({ ...plane.deps, store }, scope, undefined, (tx) => {
      tx.put('vpc/v1', {});
      return Promise.resolve();
    });
    expect(plane.woken).to.deep.equal([scope]);
  });
});
