import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { eventually } from '../../support/eventually.ts';

const fixture = fileURLToPath(new URL('fixture-service.ts', import.meta.url));

describe('runService', function () {
  this.timeout(60_000);
  let folder: string;
  let readyFile: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vpcast-run-'));
    readyFile = join(folder, 'ready.json');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });

  function run(behaviour: string) {
    const child = spawn(process.execPath, ['--import', 'tsx', fixture, behaviour, readyFile]);
    children.push(child);
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
    const closed = once(child, 'close') as Promise<[number | null]>;
    const exit = async () => (await closed)[0];
    const ready = () =>
      eventually(() => {
        expect(existsSync(readyFile), output.stderr).to.equal(true);
      }, 30_000);
    const prints = (text: string) =>
      eventually(() => {
        expect(output.stdout + output.stderr).to.include(text);
      }, 30_000);
    return { child, output, exit, ready, prints };
  }

  it('says where it is, drains once at SIGTERM and ends with 0', async () => {
    const { child, output, exit, ready } = run('normal');
    await ready();
    const content: unknown = JSON.parse(await readFile(readyFile, 'utf8'));
    expect(content).to.deep.equal({ name: 'fixture', pid: child.pid, endpoints: { grpc: '127.0.0.1:7400' } });
    child.kill('SIGTERM');
    expect(await exit(), output.stderr).to.equal(0);
    expect(output.stdout).to.equal('draining\n');
    expect(output.stderr).to.include('"msg":"stopped"');
    expect(existsSync(readyFile)).to.equal(false);
  });

  it('ends at once, with 1, at a second signal', async () => {
    const { child, output, exit, ready, prints } = run('hang');
    await ready();
    child.kill('SIGTERM');
    await prints('draining');
    child.kill('SIGINT');
    expect(await exit()).to.equal(1);
    expect(output.stderr).to.include('SIGINT while stopping');
  });

  it('ends with 1 when draining takes longer than the grace period', async () => {
    const { child, output, exit, ready } = run('watchdog');
    await ready();
    child.kill('SIGTERM');
    expect(await exit()).to.equal(1);
    expect(output.stderr).to.include('the grace period is over');
  });

  it('ends with 1 when the drain fails', async () => {
    const { child, output, exit, ready } = run('broken-drain');
    await ready();
    child.kill('SIGTERM');
    expect(await exit()).to.equal(1);
    expect(output.stderr).to.include('drain failed').and.include('stuck');
  });

  it('drains and ends with 1 after an error that nobody caught', async () => {
    const { output, exit } = run('stray-rejection');
    expect(await exit()).to.equal(1);
    expect(output.stdout).to.equal('draining\n');
    expect(output.stderr).to.include('forgotten');
  });

  it('ends with 1 when it cannot start', async () => {
    const { output, exit } = run('broken-start');
    expect(await exit()).to.equal(1);
    expect(output.stderr).to.include('no broker').and.include('fixture-service.ts');
  });

  it('names all wrong settings in one line, without a stack', async () => {
    const { output, exit } = run('wrong-settings');
    expect(await exit()).to.equal(1);
    expect(output.stderr.trim().split('\n')).to.have.length(1);
    expect(output.stderr).to.include('--nonsense').and.include('VPCAST_FIXTURE_ZONE is required');
    expect(output.stderr).not.to.include('stack');
  });

  it('prints the help on standard output and ends with 0', async () => {
    const { output, exit } = run('help');
    expect(await exit()).to.equal(0);
    expect(output.stdout).to.include('VPCAST_FIXTURE_ZONE');
    expect(output.stderr).to.equal('');
  });

  it('calls a start off that is no longer wanted', async () => {
    const { child, output, exit, prints } = run('slow-start');
    await prints('starting');
    child.kill('SIGTERM');
    expect(await exit()).to.equal(0);
    expect(output.stderr).to.include('stopped before it was ready');
  });
});
