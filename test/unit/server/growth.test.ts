import { expect } from 'chai';
import type { TopicAdmin } from '../../../core/messaging/port.ts';
import { scopes } from '../../../core/model/keys.ts';
import { pause } from '../../../core/retry.ts';
import type { ServerDeps } from '../../../server/deps.ts';
import { growLane } from '../../../server/lanes.ts';
import { bindPort } from '../../../server/rpc/port/bind-port.ts';
import { getVpcStatus } from '../../../server/rpc/status/get-vpc-status.ts';
import { controlPlane, failure, makeVpc, request } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';
import { makeHosts, makePorts, makeSubnet } from './port-fixture.ts';

/** A slow admin that counts, for each topic, how many calls of `ensureTopic` are under way at once. */
class WatchedAdmin implements TopicAdmin {
  readonly most = new Map<string, number>();
  readonly asked: number[] = [];
  readonly #admin: TopicAdmin;
  readonly #underWay = new Map<string, number>();

  constructor(admin: TopicAdmin) {
    this.#admin = admin;
  }

  async ensureTopic(topic: string, partitions: number, subscriptions: readonly string[]): Promise<void> {
    const underWay = (this.#underWay.get(topic) ?? 0) + 1;
    this.#underWay.set(topic, underWay);
    this.most.set(topic, Math.max(underWay, this.most.get(topic) ?? 0));
    this.asked.push(partitions);
    await pause(5);
    await this.#admin.ensureTopic(topic, partitions, subscriptions);
    this.#underWay.set(topic, (this.#underWay.get(topic) ?? 0) - 1);
  }

  prepare = () => this.#admin.prepare();
  deleteTopic = (topic: string) => this.#admin.deleteTopic(topic);
  topicStats = (topic: string) => this.#admin.topicStats(topic);
}

describe('growth of a topic', () => {
  let plane: ControlPlane;
  let admin: WatchedAdmin;
  let servers: ServerDeps[];
  beforeEach(async () => {
    plane = await controlPlane({ hostsPerPartition: 1, maxPartitions: 16 });
    await makeVpc(plane);
    await makeSubnet(plane, 's1', '10.0.0.0/24');
    await makePorts(plane, ...Array.from({ length: 8 }, (_, n) => ({ id: `p${n}` })));
    await makeHosts(plane, ...Array.from({ length: 8 }, (_, n) => `h${n}`));
    const [home] = plane.deps.clusters.values();
    if (home === undefined) throw new Error('no cluster');
    admin = new WatchedAdmin(home.admin);
    const clusters = () => new Map([[home.name, { ...home, admin }]]);
    servers = [1, 2].map(() => ({ ...plane.deps, clusters: clusters() }));
  });
  const bind = (n: number) =>
    bindPort(servers[n % 2]!, request('BindPort', { portId: `p${n}`, hostId: `h${n}` }));
  const partitions = async () =>
    (await getVpcStatus(plane.deps, request('GetVpcStatus', { id: 'v1' }))).partitions;
  const topicPartitions = async () => (await admin.topicStats(plane.deps.topics.vpc('v1')))?.partitions;

  it('has one writer, however many servers find it full at once', async () => {
    await Promise.all([0, 1, 2, 3].map(bind));
    await Promise.all([4, 5, 6, 7].map(bind));
    expect(await partitions()).to.equal(8);
    expect(await topicPartitions()).to.equal(8);
    expect([...admin.most.values()]).to.deep.equal([1]);
    expect(admin.asked).to.deep.equal([2, 4, 8]);
  });

  it('goes on after a server that died in the middle of it', async () => {
    await bind(0);
    await plane.store.claim('growth', scopes.vpc('v1'), 'dead');
    const waiting = bind(1);
    await pause(30);
    expect(admin.asked).to.deep.equal([]);
    plane.now += 60_000;
    await waiting;
    expect(await partitions()).to.equal(2);
  });

  it('asks to try again when another server takes too long', async () => {
    const scope = scopes.vpc('v1');
    await plane.store.claim('growth', scope, 'slow');
    const seen = { cluster: 'home', topic: plane.deps.topics.vpc('v1'), partitions: 1 };
    const growing = () => growLane(servers[0]!, scope, seen, { attempts: 3, baseMs: 1 });
    expect((await failure(growing)).code).to.equal('aborted');
    expect(admin.asked).to.deep.equal([]);
  });
});
