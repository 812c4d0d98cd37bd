// What the archive does on a Debian without Node: install, start, answer, survive SIGKILL, go.
import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CleanRoot } from './clean-root.ts';
import { startInstalled } from './installed.ts';
import { writeState } from './state.ts';

const AIMS = { diskBytes: 130e6, archiveBytes: 45e6, rssBytes: 90e6 };
const VPCS = 50;

export async function checkArchive(archive: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'vpcast-clean-root-'));
  try {
    await check(archive, join(work, 'root'));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function check(archive: string, directory: string): Promise<void> {
  const root = await CleanRoot.make(directory);
  const before = await filesOf(directory);
  const name = basename(archive, '.tar.gz');
  await copyFile(archive, join(directory, 'tmp', 'agent.tar.gz'));
  await root.run('tar', '-xzf', '/tmp/agent.tar.gz', '-C', '/tmp');
  await root.run(`/tmp/${name}/install.sh`);
  await rm(join(directory, 'tmp'), { recursive: true });
  await mkdir(join(directory, 'tmp'));
  expectThat(await root.run('sh', '-c', 'command -v node || echo none'), 'none\n', 'Node in the root');
  const version = (await root.run('vpcast-agent', '--version')).trim();
  expectThat(name, `vpcast-agent-${version}-linux-x64`, 'the version');

  const diskBytes = await bytesOf(join(directory, 'usr/local/lib/vpcast-agent'));
  const archiveBytes = (await stat(archive)).size;
  await checkAlone(root);
  const rssBytes = await checkWithState(root);

  await root.run(`/usr/local/lib/vpcast-agent/${version}/uninstall.sh`, '--purge');
  const left = (await filesOf(directory)).filter((file) => !before.includes(file));
  expectThat(left.join(' '), '', 'files that uninstall.sh --purge leaves');
  for (const [what, bytes] of Object.entries({ diskBytes, archiveBytes, rssBytes })) {
    const aim = AIMS[what as keyof typeof AIMS];
    console.log(`${what} ${(bytes / 1e6).toFixed(1)} MB, aim ${aim / 1e6} MB`);
    if (bytes > aim) throw new Error(`${what} is above its aim`);
  }
  console.log('installed, asked, killed, restarted, stopped and removed on a Debian without Node');
}

/** Nobody to talk to, nothing on disk. */
async function checkAlone(root: CleanRoot): Promise<void> {
  const first = await startInstalled(root);
  console.log(`start to ready ${first.readyMs} ms, ${(first.rssBytes() / 1e6).toFixed(1)} MB (nothing held)`);
  const status = JSON.parse(await root.run('vpcast-agent', 'status', '--json')) as { uplink: object };
  expectThat(JSON.stringify(status.uplink).includes('"registered":false'), true, 'not registered');
  const explained = await root.run('vpcast-agent', 'explain', 'some-port');
  expectThat(explained.includes('the control service has not answered yet'), true, 'explain says why');
  await first.end('SIGKILL');
  const second = await startInstalled(root);
  await root.run('vpcast-agent', 'status');
  expectThat(await second.end('SIGTERM'), 0, 'exit code after SIGTERM');
}

/** Registered at an earlier start, with a broker that is away: the Pulsar addon is loaded and tries. */
async function checkWithState(root: CleanRoot): Promise<number> {
  await writeState(join(root.directory, 'var/lib/vpcast'), VPCS);
  const agent = await startInstalled(root);
  await agent.untilMapped('libpulsar');
  const { vpcs } = JSON.parse(await root.run('vpcast-agent', 'vpcs', '--json')) as { vpcs: unknown[] };
  expectThat(vpcs.length, VPCS, 'VPCs from the state on disk');
  const rssBytes = agent.rssBytes();
  console.log(`start to ready ${agent.readyMs} ms (${VPCS} VPCs)`);
  await agent.end('SIGTERM');
  return rssBytes;
}

async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

async function bytesOf(directory: string): Promise<number> {
  const sizes = (await filesOf(directory)).map(async (file) => (await stat(file)).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

function expectThat<T>(found: T, wanted: T, what: string): void {
  if (found !== wanted) throw new Error(`${what}: ${String(found)} instead of ${String(wanted)}`);
}
