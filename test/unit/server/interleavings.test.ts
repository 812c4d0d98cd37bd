import { expect } from 'chai';
import { PlatformError } from '../../../core/errors.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Store } from '../../../core/store/port.ts';
import { takeReport } from '../../../server/reports/take-report.ts';
import { deletePort } from '../../../server/rpc/port/delete-port.ts';
import { unbindPort } from '../../../server/rpc/port/unbind-port.ts';
import { createVpc } from '../../../server/rpc/vpc/create-vpc.ts';
import { deleteVpc } from '../../../server/rpc/vpc/delete-vpc.ts';
import { finishDeletedVpc } from '../../../server/rpc/vpc/finish-deleted-vpc.ts';
import { failure, request, takeDeps } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeHosts, makePort, makeSubnet, memberOf, planeWithVpc, portById } from './port-fixture.ts';

const scope = scopes.vpc('v1');

/** The same plane with some of its store's methods in other hands. */
function through(plane: ControlPlane, methods: Partial<Store>): ControlPlane {
  const store = Object.assign(Object.create(plane.store) as Store, methods);
  return { ...plane, store, deps: { ...plane.deps, store } };
}

describe('what happens between two steps of a call', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await planeWithVpc();
    await makeHosts(plane, 'h1');
  });

  it('a commit without an answer: the port is there and can be found', async () => {
    const silent = through(plane, {
      commit: async (commit) => {
        await plane.store.commit(commit);
        throw new PlatformError('unavailable', 'no answer');
      },
    });
    expect((await failure(() => makePort(silent))).code).to.equal('unavailable');
    const [record] = await plane.store.list(scope, 'port', '', 1);
    const id = record?.key.slice('port/'.length) ?? '';
    expect((await portById(plane, id)).id).to.equal(id);
  });

  for (const moment of ['before', 'after'] as const) {
    it(`a port made again ${moment} the id of its deleted namesake is given back`, async () => {
      await makePort(plane, { id: 'p' });
      const late = through(plane, {
        release: async (...claim) => {
          if (moment === 'before') await makePort(plane, { id: 'p' });
          await plane.store.release(...claim);
          if (moment === 'after') await makePort(plane, { id: 'p' });
        },
      });
      await deletePort(late.deps, request('DeletePort', { id: 'p' }));
      expect((await portById(plane, 'p')).id).to.equal('p');
    });
  }

  it('the id of a deleted port is given back while one of that id is being made', async () => {
    await makePort(plane, { id: 'p' });
    let deleting: Promise<unknown> | undefined;
    let goOn: () => void = () => undefined;
    const slow = through(plane, {
      // The deletion is committed, its release is to come.
      release: async (...claim) => {
        await new Promise<void>((resolve) => (goOn = resolve));
        await plane.store.release(...claim);
      },
    });
    const racing = through(plane, {
      claim: async (...claim) => {
        const outcome = await plane.store.claim(...claim);
        deleting ??= deletePort(slow.deps, request('DeletePort', { id: 'p' }));
        return outcome;
      },
      commit: async (commit) => {
        goOn();
        await deleting;
        return plane.store.commit(commit);
      },
    });
    await makePort(racing, { id: 'p' }).catch(() => makePort(racing, { id: 'p' }));
    await deleting;
    expect((await portById(plane, 'p')).id).to.equal('p');
  });

  it('a port unbound by two calls: the later one finds nothing to do', async () => {
    await makePort(plane, { id: 'p' }, { hostId: 'h1' });
    let isFirst = true;
    const torn = through(plane, {
      read: async (of, keysRead) => {
        // Between the port and what is counted about its host.
        if (isFirst && keysRead.includes(keys.use('h1'))) {
          isFirst = false;
          await unbindPort(plane.deps, request('UnbindPort', { portId: 'p' }));
        }
        return plane.store.read(of, keysRead);
      },
    });
    const { bindings } = await unbindPort(torn.deps, request('UnbindPort', { portId: 'p' }));
    expect([isFirst, bindings]).to.deep.equal([false, []]);
  });

  it('a VPC made again while its namesake is being cleared away keeps what is in it', async () => {
    await makePort(plane, { id: 'p' }, { hostId: 'h1' });
    const { partition, slot, epoch } = (await memberOf(plane, 'h1'))!;
    await deletePort(plane.deps, request('DeletePort', { id: 'p' }));
    await deleteVpc(plane.deps, request('DeleteVpc', { id: 'v1' }));
    let isFirst = true;
    const late = through(plane, {
      list: async (...of) => {
        if (isFirst) {
          isFirst = false;
          const left = [{ scope, partition, slot, epoch }];
          await takeReport(takeDeps(plane), { host: 'h1', sentAtMs: 1, scopes: [], left });
          await createVpc(plane.deps, request('CreateVpc', { vpc: { id: 'v1' } }));
          await makeSubnet(plane, 's2', '10.2.0.0/24');
        }
        return plane.store.list(...of);
      },
    });
    await finishDeletedVpc(late.deps, 'v1');
    const [subnet] = await plane.store.read(scope, [keys.subnet('s2')]);
    expect(subnet?.body).to.be.a('string');
    const stats = await plane.clusters[0]?.admin.topicStats(plane.deps.topics.vpc('v1'));
    expect(stats?.partitions).to.equal(1);
  });
});
