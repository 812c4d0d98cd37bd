import { credentials, status } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';
import { expect } from 'chai';
import { loadControl, loadDefinition } from '../../adapters/grpc/loader.ts';
import { PlatformError } from '../../core/errors.ts';
import { startPlatform } from '../../local/platform.ts';
import type { Platform } from '../../local/platform.ts';
import { badRequests } from '../support/bad-requests/all.ts';
import type { BadRequest } from '../support/bad-requests/bad-request.ts';
import { makeWorld } from '../support/bad-requests/world.ts';
import { eventually } from '../support/eventually.ts';
import { realServices } from '../support/real-services.ts';
import { changesBetween, dumpRedis, removeKeys } from '../support/redis-dump.ts';
import type { RedisDump } from '../support/redis-dump.ts';
import { RedisSession } from '../support/redis-session.ts';

/** Apart from whatever else is on the server, so that looking at all of it is quick. */
const DATABASE = 9;

describe('bad requests', function () {
  this.timeout(60_000);
  let platform: Platform;
  let redis: RedisSession;
  /** What is there before a request. */
  let kept: RedisDump;
  let topics: string[];

  before(async () => {
    const services = realServices();
    const redisUrl = new URL(`/${DATABASE}`, services.redisUrl).href;
    redis = await RedisSession.open(redisUrl);
    platform = await startPlatform({
      hosts: [],
      infraNodes: 1,
      backend: { ...services, redisUrl },
      // Nothing moves by itself while the test looks on.
      infra: { sweepAfterMs: 3_600_000 },
      leases: { stepMs: 3_600_000 },
    });
    await makeWorld(platform.client);
    await untilDispatched();
    kept = await dump();
    topics = await listTopics();
  });
  after(async () => {
    await platform.stop();
    await removeKeys(redis, prefix());
    redis.close();
  });

  const prefix = (): string => `${platform.topics.tenant}:`;

  async function untilDispatched(): Promise<void> {
    await eventually(async () => {
      for (const scope of ['vpc/web', 'vpc/db', 'host/host-a', 'public/lb'] as const) {
        const { revision, dispatched } = await platform.store.status(scope);
        expect(dispatched, scope).to.equal(revision);
      }
    });
  }

  /**
   * When a scope was last announced, or a name claimed by its owner, is left out: every attempt says it again. So are the
   * turns of the infrastructure nodes' passes, which come and go by themselves.
   */
  async function dump(): Promise<RedisDump> {
    const all = [...(await dumpRedis(redis, prefix()))].filter(([name]) => !name.startsWith(':claim:pass/'));
    const named = all.map(([name, value]): [string, string] => {
      const [, scope] = /^:announced:\d+ (.*)$/.exec(name) ?? [];
      if (scope !== undefined) return [`announced ${scope}`, ''];
      return [name.replace(/^:/, ''), name.startsWith(':claim:') ? value.replace(/^\d+\n/, '') : value];
    });
    return new Map(named);
  }

  async function listTopics(): Promise<string[]> {
    const { pulsarAdminUrl } = realServices();
    const { tenant, namespaces } = platform.topics;
    const lists = namespaces.flatMap(({ name: namespace }) =>
      ['', '/partitioned'].map(async (kind) => {
        const response = await fetch(`${pulsarAdminUrl}/admin/v2/persistent/${tenant}/${namespace}${kind}`);
        return (await response.json()) as string[];
      }),
    );
    return (await Promise.all(lists)).flat().sort();
  }

  /** What is wrong with the answer, or with what the call left. */
  async function faults(bad: BadRequest): Promise<string[]> {
    const outcome = await bad.call(platform.client).then(
      () => undefined,
      (error: unknown) => error,
    );
    const after = await dump();
    const surplus = changesBetween(kept, after).filter(
      (change) => !bad.leaves.some((name) => change === `+ ${name}`),
    );
    kept = after;
    const found = surplus.map((change) => `left ${change}`);
    if (!(outcome instanceof PlatformError)) return [...found, `answered ${String(outcome)}`];
    const { code, violations, resource, message } = outcome;
    const [violation] = violations;
    const check = (what: string, actual: unknown, expected: unknown): void => {
      const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
      if (one !== other) found.push(`${what} ${one}, not ${other} (${message})`);
    };
    check('code', code, bad.code);
    check('field', violation?.field, bad.field);
    check('resource', resource, bad.resource);
    if (message === '' || violation?.description === '') found.push('says nothing');
    return found;
  }

  for (const rpc of new Set(badRequests.map((bad) => bad.rpc))) {
    const requests = badRequests.filter((bad) => bad.rpc === rpc);
    it(`${rpc} refuses ${requests.length}, names what is wrong, and changes nothing`, async () => {
      const found: string[] = [];
      for (const bad of requests) {
        found.push(...(await faults(bad)).map((fault) => `${rpc} with ${bad.what}: ${fault}`));
      }
      const now = await listTopics();
      found.push(...now.filter((topic) => !topics.includes(topic)).map((topic) => `${rpc} made ${topic}`));
      found.push(...topics.filter((topic) => !now.includes(topic)).map((topic) => `${rpc} took ${topic}`));
      topics = now;
      expect(found.join('\n')).to.equal('');
    });
  }

  it('are tried on every rpc', () => {
    const { service } = loadControl().vpcast.v1.ControlService;
    const rpcs = Object.keys(service).map((name) => name.charAt(0).toLowerCase() + name.slice(1));
    expect(new Set(badRequests.map(({ rpc }) => rpc))).to.deep.equal(new Set(rpcs));
  });

  it('are answered with google.rpc.Status in the trailers', async () => {
    const { ControlService } = loadControl().vpcast.v1;
    const client = new ControlService(platform.address, credentials.createInsecure());
    try {
      const error = await new Promise<ServiceError | null>((resolve) => {
        client.createSubnet({ subnet: { vpcId: 'web', cidr: '10.1.0.0/24' } }, resolve);
      });
      expect(error?.code).to.equal(status.FAILED_PRECONDITION);
      const [bytes] = error?.metadata.get('grpc-status-details-bin') ?? [];
      const details = decodeStatus(bytes);
      expect(details.code).to.equal(status.FAILED_PRECONDITION);
      expect(details.details.map((detail) => detail.type_url)).to.deep.equal([
        'type.googleapis.com/google.rpc.ErrorInfo',
        'type.googleapis.com/google.rpc.BadRequest',
        'type.googleapis.com/google.rpc.ResourceInfo',
      ]);
    } finally {
      client.close();
    }
  });
});

interface RpcStatus {
  readonly code: number;
  readonly details: readonly { readonly type_url: string }[];
}

function decodeStatus(bytes: string | Buffer | undefined): RpcStatus {
  const definition = loadDefinition(['google/rpc/status.proto'])['google.rpc.Status'];
  if (!(bytes instanceof Buffer)) throw new Error('there are no details');
  return (definition as unknown as MessageTypeDefinition<object, RpcStatus>).deserialize(bytes);
}
