import { expect } from 'chai';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { AdminHttp } from '../../../adapters/pulsar/admin-http.ts';
import { PulsarAdmin } from '../../../adapters/pulsar/admin.ts';

const TOPIC = 'persistent://tenant/space/topic';
const PARTITIONS = '/admin/v2/persistent/tenant/space/topic/partitions';

describe('PulsarAdmin', () => {
  let broker: http.Server;
  let adminHttp: AdminHttp;
  let admin: PulsarAdmin;
  /** Answers by request, in turn; the last one repeats. */
  let answers: Map<string, [status: number, body?: unknown][]>;
  let asked: string[];

  beforeEach(async () => {
    asked = [];
    answers = new Map();
    broker = http.createServer((request, response) => {
      const name = `${request.method ?? ''} ${request.url ?? ''}`;
      asked.push(name);
      request.resume();
      const left = answers.get(name) ?? [];
      const [status, body] = (left.length > 1 ? left.shift() : left[0]) ?? [500];
      response.writeHead(status).end(JSON.stringify(body ?? {}));
    });
    await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
    const { port } = broker.address() as AddressInfo;
    adminHttp = new AdminHttp({ adminUrl: `http://127.0.0.1:${port}`, retryForMs: 0 });
    admin = new PulsarAdmin(adminHttp, { tenant: 'tenant', namespaces: [] });
  });

  afterEach(async () => {
    adminHttp.close();
    await new Promise((resolve) => broker.close(resolve));
  });

  it('waits for a topic that another call is making', async () => {
    answers.set(`PUT ${PARTITIONS}`, [[409]]);
    answers.set(`GET ${PARTITIONS}`, [[404], [404], [200, { partitions: 2 }]]);
    await admin.ensureTopic(TOPIC, 2, []);
    expect(asked.filter((name) => name.startsWith('GET'))).to.have.length(3);
    expect(asked.filter((name) => name.startsWith('POST'))).to.be.empty;
  });

  it('makes the topic itself when the other call did not', async () => {
    answers.set(`PUT ${PARTITIONS}`, [[409], [204]]);
    answers.set(`GET ${PARTITIONS}`, [[404]]);
    await admin.ensureTopic(TOPIC, 2, []);
    expect(asked.filter((name) => name.startsWith('PUT'))).to.have.length(2);
  });

  it('has any number of requests under way without Node suspecting a leak', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    const names = Array.from({ length: 40 }, (_, n) => `topic-${n}`);
    for (const name of names) answers.set(`PUT ${PARTITIONS.replace('topic', name)}`, [[204]]);
    await Promise.all(names.map((name) => admin.ensureTopic(TOPIC.replace('/topic', `/${name}`), 1, [])));
    await new Promise(setImmediate);
    process.off('warning', note);
    expect(warnings.map(({ name }) => name)).to.deep.equal([]);
  });

  it('grows a topic that has fewer partitions', async () => {
    answers.set(`PUT ${PARTITIONS}`, [[409]]);
    answers.set(`GET ${PARTITIONS}`, [
      [200, { partitions: 1 }],
      [200, { partitions: 3 }],
    ]);
    answers.set(`POST ${PARTITIONS}?force=true`, [[204]]);
    await admin.ensureTopic(TOPIC, 3, []);
    expect(asked.filter((name) => name.startsWith('POST'))).to.have.length(1);
  });
});
