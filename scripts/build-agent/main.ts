// npm run build:agent: the agent as an archive in dist/, for hosts without Node.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildArchive } from './archive.ts';

if (process.platform !== 'linux' || process.arch !== 'x64')
  throw new Error('it is built on Linux, x64, alone');
const projectDirectory = fileURLToPath(new URL('../..', import.meta.url));
const manifest = await readFile(join(projectDirectory, 'package.json'), 'utf8');
const { version } = JSON.parse(manifest) as { version: string };
const dist = join(projectDirectory, 'dist');
const work = join(dist, 'agent-build');
await mkdir(dist, { recursive: true });
const built = await buildArchive({ projectDirectory, version, work });
const archive = join(dist, basename(built));
await rename(built, archive);
await rm(work, { recursive: true });
const bytes = await readFile(archive);
const sha256 = createHash('sha256').update(bytes).digest('hex');
console.log(`${archive}\nsha256 ${sha256}, ${(bytes.length / 1e6).toFixed(1)} MB`);
