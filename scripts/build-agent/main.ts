// npm run build:agent [-- --check]: the agent as an archive in dist/, for hosts without Node.
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildArchive } from './archive.ts';
import { checkArchive } from './check.ts';

const projectDirectory = fileURLToPath(new URL('../..', import.meta.url));

async function build(work: string): Promise<{ archive: string; sha256: string }> {
  const manifest = await readFile(join(projectDirectory, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const archive = await buildArchive({ projectDirectory, version, work });
  return {
    archive,
    sha256: createHash('sha256')
      .update(await readFile(archive))
      .digest('hex'),
  };
}

if (process.platform !== 'linux' || process.arch !== 'x64')
  throw new Error('it is built on Linux, x64, alone');
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const dist = join(projectDirectory, 'dist');
const works = [join(dist, 'agent-build'), join(dist, 'agent-build-again')] as const;
await mkdir(dist, { recursive: true });
const { archive, sha256 } = await build(works[0]);
const result = join(dist, basename(archive));
await copyFile(archive, result);
const megabytes = ((await stat(result)).size / 1e6).toFixed(1);
console.log(`${result}\nsha256 ${sha256}, ${megabytes} MB`);
if (values.check) {
  const again = await build(works[1]);
  if (again.sha256 !== sha256) throw new Error(`two builds differ: ${archive} and ${again.archive}`);
  console.log('two builds give the same bytes');
  await checkArchive(result);
}
for (const work of works) await rm(work, { recursive: true, force: true });
