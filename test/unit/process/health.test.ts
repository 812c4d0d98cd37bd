import { expect } from 'chai';
import { startHealthServer, type HealthServer } from '../../../adapters/process/health.ts';

describe('health server', () => {
  let server: HealthServer;
  let isBroken = false;

  before(async () => {
    const checks = {
      redis: () => {
        if (isBroken) throw new Error('no connection');
      },
      pulsar: () => (isBroken ? new Promise<void>(() => undefined) : Promise.resolve()),
    };
    server = await startHealthServer({
      address: '127.0.0.1:0',
      checks,
      checkTimeoutMs: 30,
      freshMs: 0,
      metrics: () => 'up 1\n',
    });
  });

  after(() => server.close());

  async function get(path: string) {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: await response.text() };
  }

  it('answers with the state of each check', async () => {
    expect(await get('/healthz')).to.deep.equal({ status: 200, body: '{"status":"ok"}\n' });
    const ready = await get('/readyz?verbose');
    expect(ready.status).to.equal(200);
    expect(JSON.parse(ready.body)).to.deep.equal({ status: 'ok', checks: { redis: 'ok', pulsar: 'ok' } });
    isBroken = true;
    const broken = await get('/readyz');
    expect(broken.status).to.equal(503);
    expect(JSON.parse(broken.body)).to.deep.equal({
      status: 'not ready',
      checks: { redis: 'no connection', pulsar: 'no answer within 30 ms' },
    });
  });

  it('runs a check once for all who ask within a moment', async () => {
    let runs = 0;
    const checks = {
      broker: async () => {
        runs++;
        await Promise.resolve();
      },
    };
    const patient = await startHealthServer({ address: '127.0.0.1:0', checks, freshMs: 60_000 });
    const ask = () => fetch(`http://${patient.address}/readyz`);
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect([...answers, await ask()].map(({ status }) => status)).to.deep.equal([200, 200, 200, 200]);
    expect(runs).to.equal(1);
    await patient.close();
  });

  it('gives the metrics, and nothing else', async () => {
    expect(await get('/metrics')).to.deep.equal({ status: 200, body: 'up 1\n' });
    expect((await get('/')).status).to.equal(404);
  });

  it('closes twice', async () => {
    await server.close();
    await server.close();
  });
});
