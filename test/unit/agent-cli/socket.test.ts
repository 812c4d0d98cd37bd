import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCommand } from '../../../agent/cli/command.ts';
import { serveAgent } from '../../../agent/local/server.ts';
import type { LocalServer } from '../../../agent/local/server.ts';
import { PlatformError } from '../../../core/errors.ts';
import { silentLogger } from '../../../core/logger.ts';
import { keys } from '../../../core/model/keys.ts';
import type { Entry } from '../../../core/model/view.ts';
import { World, assignmentOf, eventually, me, port } from '../agent/fixture.ts';

const neighbor: Entry = {
  key: keys.port('far'),
  revision: 4,
  body: JSON.stringify({ kind: 'neighbor', id: 'far', hostId: 'host-2', ipAddresses: ['10.0.0.9'] }),
};
const broken: Entry = { key: keys.port('broken'), revision: 5, body: '{"id":"another"}' };
const bound: Entry = {
  key: keys.port('near'),
  revision: 3,
  body: JSON.stringify({
    id: 'near',
    macAddress: '02:00:00:00:00:01',
    fixedIps: [{ ipAddress: '10.0.0.2' }],
  }),
};

describe("the agent's socket", () => {
  let directory: string;
  let path: string;
  let world: World;
  let server: LocalServer | undefined;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vpcast-socket-'));
    path = join(directory, 'run', 'agent.sock');
    world = await World.create();
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await world.close();
    await rm(directory, { recursive: true });
  });

  async function ask(...argv: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const output = { stdout: '', stderr: '' };
    const code = await runCommand(
      argv,
      { VPCAST_AGENT_SOCKET: path },
      {
        stdout: { write: (text) => (output.stdout += text) },
        stderr: { write: (text) => (output.stderr += text) },
      },
    );
    return { code, ...output };
  }

  async function json(...argv: readonly string[]): Promise<Record<string, unknown>> {
    const { code, stdout, stderr } = await ask(...argv, '--json');
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  async function serve(entries: readonly Entry[]): Promise<void> {
    const agent = await world.agent();
    server = await serveAgent({ agent, path, logger: silentLogger });
    await world.join(assignmentOf('a', 1), 5, entries);
    await eventually(() => agent.view('a') !== undefined && agent.listening().length > 0);
    await eventually(() => agent.uplink().reportedAtMs !== undefined);
  }

  it('says how the agent stands, and what it holds', async () => {
    await serve([bound, neighbor, broken]);
    const status = await json('status');
    expect(status).to.deep.include({ hostId: me, vpcs: 1, ports: 2, pid: process.pid });
    expect(status['failures']).to.deep.equal([
      { scope: 'vpc/a', key: 'port/broken', revision: 5, reason: "the body's id is not that of the key" },
    ]);
    expect(status['uplink']).to.deep.include({ registered: true, listening: true });
    const { vpcs } = await json('vpcs');
    expect(vpcs).to.deep.equal([
      {
        ...{ id: 'a', epoch: 1, incarnation: 1, revision: 5, needsSnapshot: false, listening: true },
        ...{ readsAlong: false, ports: 2, neighbors: 1, entries: 3, failures: 1 },
      },
    ]);
  });

  it('lists the ports of the host, and neighbours where they are asked for', async () => {
    await serve([bound, neighbor]);
    const near = {
      ...{ id: 'near', vpcId: 'a', form: 'FORM_BOUND', revision: 3, failure: '', hostId: '' },
      ...{ macAddress: '02:00:00:00:00:01', ipAddresses: ['10.0.0.2'] },
    };
    expect(await json('ports')).to.deep.equal({ ports: [near] });
    const { ports } = await json('ports', '--all');
    expect(ports).to.have.length(2);
    expect((ports as object[])[1]).to.include({ id: 'far', form: 'FORM_NEIGHBOR', hostId: 'host-2' });
  });

  it('explains a port: what it is here, and what stands in its way', async () => {
    await serve([bound, neighbor, broken]);
    expect((await json('explain', 'near'))['reasons']).to.deep.equal([]);
    expect((await json('explain', 'far'))['port']).to.include({ form: 'FORM_NEIGHBOR' });
    expect((await json('explain', 'broken'))['reasons']).to.deep.equal([
      "the port could not be applied: the body's id is not that of the key",
    ]);
    expect(await json('explain', 'nowhere')).to.deep.include({
      port: null,
      reasons: [`the port is in no VPC that host ${me} holds`],
    });
  });

  it('explains what is missing while the control service has not answered', async () => {
    const unavailable = () => Promise.reject(new PlatformError('unavailable', 'away'));
    const agent = await world.agent({ control: { registerHost: unavailable } });
    server = await serveAgent({ agent, path, logger: silentLogger });
    expect((await json('explain', 'near'))['reasons']).to.deep.equal([
      'the control service has not answered yet',
      `the port is in no VPC that host ${me} holds`,
    ]);
    expect((await ask('status')).stdout).to.match(/^registered +never$/m);
  });

  it('dumps everything, one item a line', async () => {
    await serve([bound, neighbor]);
    const lines = (await ask('dump', '--json')).stdout.trim().split('\n');
    const items = lines.map((line) => JSON.parse(line) as { item: string; entry?: Entry; scope?: object });
    expect(items.map(({ item }) => item)).to.include.members(['status', 'scope', 'entry']);
    const entries = items.flatMap(({ entry }) => entry ?? []);
    expect(entries).to.deep.include({ scope: 'vpc/a', ...bound });
    expect((await ask('dump')).stdout).to.include(`  port/near @3 ${String(bound.body)}\n`);
  });

  it('answers with more than a message usually may have', async () => {
    const note = 'x'.repeat(10_000);
    await serve(Array.from({ length: 1_000 }, (_, i) => port(`p${i}${note}`, 5)));
    const { ports } = await json('ports');
    expect(ports).to.have.length(1_000);
  });

  it('lets in nobody but its own user, and leaves nothing behind', async () => {
    await serve([]);
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
    await server?.close();
    expect(existsSync(path)).to.equal(false);
    const { code, stderr } = await ask('status');
    expect(code).to.equal(1);
    expect(stderr).to.include(`no agent answers on ${path}`);
  });

  it('refuses what makes no sense, with the commands that there are', async () => {
    for (const argv of [
      ['explain'],
      ['status', 'more'],
      ['frobnicate'],
      ['status', '--all'],
      ['constructor'],
    ]) {
      const { code, stderr } = await ask(...argv);
      expect(code, argv.join(' ')).to.equal(2);
      expect(stderr).to.include('vpcast-agent explain PORT');
    }
  });

  it('takes the place of a socket that a killed agent left', async () => {
    await serve([bound]);
    await server?.close();
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    const agent = world.agents[0]!;
    const refusal = await serveAgent({ agent, path, logger: silentLogger }).catch((error: unknown) => error);
    expect(refusal).to.include({ code: 'failed_precondition', message: `another agent serves ${path}` });
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(existsSync(path)).to.equal(true);
    server = await serveAgent({ agent, path, logger: silentLogger });
    expect(await json('status')).to.include({ hostId: me });
  });

  it('leaves a file that is no socket alone', async () => {
    const agent = await world.agent();
    const file = join(directory, 'precious');
    await writeFile(file, 'data');
    const refusal = await serveAgent({ agent, path: file, logger: silentLogger }).catch(
      (error: unknown) => error,
    );
    expect(refusal).to.include({ code: 'failed_precondition' });
    expect(existsSync(file)).to.equal(true);
  });
});
