import { inspect } from 'node:util';
import { expect } from 'chai';
import { startPlatform } from '../../../local/platform.ts';
import type { Platform } from '../../../local/platform.ts';
import { freePorts } from '../../../scripts/free-ports.ts';
import { mainJob } from '../../../scripts/helm/main-job.ts';

describe('the job that helm test runs', () => {
  let platform: Platform;
  let steps: string[];
  const run = (timeoutMs: number) =>
    mainJob({ address: platform.address, timeoutMs, say: (step) => steps.push(step) });

  beforeEach(() => {
    steps = [];
  });
  afterEach(() => platform.stop());

  it('sees a port applied on a host, and leaves nothing behind', async () => {
    platform = await startPlatform({ hosts: ['host-1'], infraNodes: 1, backend: 'embedded' });
    await run(20_000);
    expect(steps.at(0)).to.equal('host host-1 is online');
    expect(steps.at(-1)).to.equal('everything is deleted again');
    expect((await platform.client.listVpcs({})).vpcs).to.deep.equal([]);
  });

  it('says what it waited for, and leaves nothing behind, when no infrastructure node runs', async () => {
    platform = await startPlatform({ hosts: ['host-1'], infraNodes: 0, backend: 'embedded' });
    const outcome = await run(500).catch((error: unknown) => error);
    expect(String(outcome)).to.match(/gave up waiting 500 ms for port helm-test-\S+ to be applied/);
    expect((await platform.client.listVpcs({})).vpcs).to.deep.equal([]);
  });

  it('says that there is no host', async () => {
    platform = await startPlatform({ hosts: [], infraNodes: 1, backend: 'embedded' });
    const outcome = await run(300).catch((error: unknown) => error);
    expect(String(outcome)).to.include('a registered host that is online');
  });
});

describe('the job that helm test runs, where nobody answers', () => {
  it('says so in time, for the pod that it runs in is not given long', async () => {
    const [port] = await freePorts(1);
    const began = performance.now();
    const job = mainJob({ address: `127.0.0.1:${port}`, timeoutMs: 300, say: () => undefined });
    const outcome = await job.catch((error: unknown) => error);
    expect(performance.now() - began).to.be.below(5_000);
    expect(inspect(outcome)).to.include('a registered host that is online').and.to.include('ECONNREFUSED');
  });
});
