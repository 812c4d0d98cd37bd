import { expect } from 'chai';
import type { RequestInput } from '../../../adapters/grpc/methods.ts';
import { decodeRecord } from '../../../core/codec/records.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Lane, OpaqueConfig, PublicResource } from '../../../core/model/resources.ts';
import type { RecordKey, Scope } from '../../../core/store/port.ts';
import { createPublicResource } from '../../../server/rpc/public/create-public-resource.ts';
import { deletePublicResource } from '../../../server/rpc/public/delete-public-resource.ts';
import { getPublicResource } from '../../../server/rpc/public/get-public-resource.ts';
import { listPublicResources } from '../../../server/rpc/public/list-public-resources.ts';
import { updatePublicResource } from '../../../server/rpc/public/update-public-resource.ts';
import { publish } from '../../../server/rpc/publish/publish.ts';
import { takeReport } from '../../../server/reports/take-report.ts';
import { controlPlane, failure, makeVpc, request, takeDeps } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeHosts } from './port-fixture.ts';

type Fields = NonNullable<RequestInput<'CreatePublicResource'>['resource']>;
const tooMuch = Buffer.alloc(1024 * 1024 + 1);

async function stored<T>({ store }: ControlPlane, scope: Scope, key: RecordKey): Promise<T | undefined> {
  const [record] = await store.read(scope, [key]);
  return record && decodeRecord<T>(record)?.value;
}

describe('public resources', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane({ clusters: ['home', 'away'] });
  });
  const create = (resource: Fields, requestId = '') =>
    createPublicResource(plane.deps, request('CreatePublicResource', { resource, requestId }));
  const get = (id: string) => getPublicResource(plane.deps, request('GetPublicResource', { id }));
  const remove = (id: string, requestId = '') =>
    deletePublicResource(plane.deps, request('DeletePublicResource', { id, requestId }));

  it('travel on the topic of their kind, which is there before they are', async () => {
    const made = await create({
      id: 'r1',
      kind: 'elb',
      name: 'n',
      data: Buffer.from('abc'),
      contentType: 'text/plain',
    });
    expect(made).to.deep.include({ id: 'r1', kind: 'elb', name: 'n', data: Buffer.from('abc'), revision: 1 });
    expect(made).to.include({ appliedRevision: 0, appliedBy: '' });
    const lane = await stored<Lane>(plane, 'public/r1', keys.copiesLane);
    const topic = plane.deps.topics.public('elb');
    expect(lane).to.include({ topic, partitions: 4 });
    expect((await stored<PublicResource>(plane, 'public/r1', keys.public('r1')))?.lane).to.deep.equal(lane);
    const stats = await plane.deps.clusters.get(lane?.cluster ?? '')?.admin.topicStats(topic);
    expect(Object.keys(stats?.subscriptions ?? {})).to.deep.equal(['group']);
    expect(plane.woken).to.include('public/r1');
    expect(await get('r1')).to.deep.equal(made);
  });

  it('of one kind share a cluster, however they are made', async () => {
    await Promise.all(Array.from({ length: 8 }, (_, i) => create({ id: `r${i}`, kind: 'nat' })));
    const lanes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => stored<Lane>(plane, scopes.public(`r${i}`), keys.copiesLane)),
    );
    expect(new Set(lanes.map((lane) => lane?.cluster))).to.have.lengthOf(1);
  });

  it('rise in revision with each update, and keep what an update does not replace', async () => {
    await create({ id: 'r1', kind: 'elb', projectId: 'p1', data: Buffer.from('1') });
    const resource = { id: 'r1', kind: 'nat', projectId: 'p2', name: 'new', data: Buffer.from('2') };
    const updated = await updatePublicResource(plane.deps, request('UpdatePublicResource', { resource }));
    expect(updated).to.deep.include({
      kind: 'elb',
      projectId: 'p1',
      name: 'new',
      data: Buffer.from('2'),
      revision: 2,
    });
    const { revision } = await publish(
      plane.deps,
      request('Publish', { publicResourceId: 'r1', data: Buffer.from('3') }),
    );
    expect(revision).to.equal(3);
    expect(await get('r1')).to.deep.include({ data: Buffer.from('3'), revision: 3, name: 'new' });
  });

  it('show which member of the group applied what', async () => {
    await create({ id: 'r1', kind: 'elb' });
    await updatePublicResource(
      plane.deps,
      request('UpdatePublicResource', { resource: { id: 'r1', kind: 'elb', name: 'new' } }),
    );
    const part = {
      scope: 'public/r1',
      epoch: 3,
      incarnation: 1,
      failures: [],
      needsSnapshot: false,
    } as const;
    const take = takeDeps(plane);
    await takeReport(take, { host: 'h2', sentAtMs: 1, scopes: [{ ...part, revision: 2 }], left: [] });
    await takeReport(take, {
      host: 'h1',
      sentAtMs: 1,
      scopes: [{ ...part, revision: 1, epoch: 9 }],
      left: [],
    });
    expect(await get('r1')).to.include({ appliedRevision: 2, appliedBy: 'h2' });
  });

  it('are listed by kind and in pages, and gone when deleted', async () => {
    for (const [id, kind] of [
      ['a', 'elb'],
      ['b', 'nat'],
      ['c', 'elb'],
      ['d', 'elb'],
    ] as const)
      await create({ id, kind });
    const list = async (input: RequestInput<'ListPublicResources'>) =>
      (await listPublicResources(plane.deps, request('ListPublicResources', input))).resources?.map(
        (one) => one.id,
      );
    expect(await list({})).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(await list({ kind: 'elb', pageSize: 2 })).to.deep.equal(['a', 'c']);
    await remove('c');
    expect(await list({ kind: 'elb', pageSize: 2 })).to.deep.equal(['a', 'd']);
    expect((await failure(() => get('c'))).code).to.equal('not_found');
    expect((await failure(() => remove('c'))).code).to.equal('not_found');
    await create({ id: 'c', kind: 'nat' });
    expect(await list({ kind: 'nat' })).to.deep.equal(['b', 'c']);
  });

  it('are made and deleted once for a request id', async () => {
    const first = await create({ kind: 'elb' }, 'r1');
    expect(await create({ kind: 'elb' }, 'r1')).to.deep.equal(first);
    expect((await failure(() => create({ kind: 'nat' }, 'r1'))).violations[0]?.field).to.equal('request_id');
    await remove(first.id ?? '', 'r2');
    await remove(first.id ?? '', 'r2');
    expect(
      (await failure(() => create({ id: 'x', kind: 'elb' }).then(() => create({ id: 'x', kind: 'elb' }))))
        .code,
    ).to.equal('already_exists');
  });

  const violations: [string, Fields, string][] = [
    ['a bad id', { id: '/', kind: 'elb' }, 'resource.id'],
    ['no kind', { id: 'x' }, 'resource.kind'],
    ['a bad kind', { id: 'x', kind: 'Elb' }, 'resource.kind'],
    ['a bad project', { id: 'x', kind: 'elb', projectId: '/' }, 'resource.project_id'],
    ['a long name', { id: 'x', kind: 'elb', name: 'n'.repeat(256) }, 'resource.name'],
    ['too much data', { id: 'x', kind: 'elb', data: tooMuch }, 'resource.data'],
    ['a long content type', { id: 'x', kind: 'elb', contentType: 'c'.repeat(256) }, 'resource.content_type'],
    ['a nameless label', { id: 'x', kind: 'elb', labels: { '': '' } }, 'resource.labels'],
  ];
  for (const [name, resource, field] of violations) {
    it(`are refused with ${name}`, async () => {
      const error = await failure(() => create(resource));
      expect(error.code).to.equal('invalid_argument');
      expect(error.violations[0]?.field).to.equal(field);
      expect((await plane.store.status('public/x')).revision).to.equal(0);
    });
  }
});

describe('publishing', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane();
    await makeVpc(plane);
    await makeHosts(plane, 'h1');
  });
  const send = (input: RequestInput<'Publish'>) => publish(plane.deps, request('Publish', input));

  for (const [target, scope] of [
    [{ hostId: 'h1' }, 'host/h1'],
    [{ vpcId: 'v1' }, 'vpc/v1'],
  ] as const) {
    it(`keeps, replaces and removes configuration of ${scope}`, async () => {
      const before = (await plane.store.status(scope)).revision;
      const config = () => stored<OpaqueConfig>(plane, scope, keys.config('dns'));
      const first = await send({ ...target, name: 'dns', contentType: 'text/plain', data: Buffer.from('a') });
      expect(first.revision).to.equal(before + 1);
      expect(await config()).to.include({ name: 'dns', contentType: 'text/plain', data: 'YQ==' });
      await send({ ...target, name: 'dns', data: Buffer.from('b') });
      expect(await config()).to.include({ data: 'Yg==' });
      expect(plane.woken.at(-1)).to.equal(scope);
      const removed = await send({ ...target, name: 'dns' });
      expect(await config()).to.equal(undefined);
      expect((await send({ ...target, name: 'dns' })).revision).to.equal(removed.revision);
    });
  }

  const refusals: [string, RequestInput<'Publish'>, string, string?][] = [
    ['no target', { name: 'n' }, 'target'],
    ['a bad host', { hostId: '/', name: 'n' }, 'host_id'],
    ['a bad VPC', { vpcId: '/', name: 'n' }, 'vpc_id'],
    ['a bad resource', { publicResourceId: '/' }, 'public_resource_id'],
    ['a name for a resource', { publicResourceId: 'r', name: 'n' }, 'name'],
    ['no name', { vpcId: 'v1' }, 'name'],
    ['a bad name', { vpcId: 'v1', name: 'a b' }, 'name'],
    ['a long content type', { vpcId: 'v1', name: 'n', contentType: 'c'.repeat(256) }, 'content_type'],
    ['too much data', { vpcId: 'v1', name: 'n', data: tooMuch }, 'data'],
  ];
  for (const [name, input, field] of refusals) {
    it(`refuses ${name}`, async () => {
      const before = (await plane.store.status('vpc/v1')).revision;
      const error = await failure(() => send(input));
      expect(error.code).to.equal('invalid_argument');
      expect(error.violations[0]?.field).to.equal(field);
      expect((await plane.store.status('vpc/v1')).revision).to.equal(before);
    });
  }

  it('refuses targets that do not exist', async () => {
    for (const target of [{ hostId: 'x', name: 'n' }, { vpcId: 'x', name: 'n' }, { publicResourceId: 'x' }]) {
      expect((await failure(() => send({ ...target, data: Buffer.from('a') }))).code).to.equal('not_found');
    }
    expect((await plane.store.status('vpc/x')).revision).to.equal(0);
  });
});
