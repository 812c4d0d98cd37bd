// npm run agent:check [-- --json]: builds the agent's archive, and sees it work on a Debian without Node, beside a real deployment.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildArchive } from '../build-agent/archive.ts';
import { runCommand } from '../services/command.ts';
import { checkAgent } from './check.ts';
import { failuresOf, render } from './figures.ts';
import { lackingForAgent } from './lacking.ts';
import type { Archive } from './package.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const projectDirectory = fileURLToPath(new URL('../..', import.meta.url));
const began = Date.now();
const say = (what: string): void => {
  console.error(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${what}`);
};

async function build(work: string): Promise<{ archive: Archive; sha256: string; other: Archive }> {
  const said = await runCommand('npm', ['run', '-s', 'build:agent'], { cwd: projectDirectory });
  const path = /^\/.*\.tar\.gz$/m.exec(said)?.[0] ?? '';
  const version = /vpcast-agent-(.*)-linux-x64/.exec(path)?.[1] ?? '';
  say(`built ${path}`);
  const again = await buildArchive({ projectDirectory, version, work: join(work, 'again') });
  const [sha256, sha256Again] = await Promise.all([path, again].map(sum));
  assert.equal(sha256Again, sha256, `of ${again} and ${path}`);
  say('built again, to the same bytes');
  const otherVersion = `${version}-other`;
  const other = await buildArchive({ projectDirectory, version: otherVersion, work: join(work, 'other') });
  return {
    archive: { path, version },
    sha256: sha256!,
    other: { path: other, version: otherVersion },
  };
}

async function sum(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}

const lacking = await lackingForAgent();
if (lacking !== undefined) throw new Error(`this machine lacks ${lacking}`);
const work = await mkdtemp(join(tmpdir(), 'vpcast-agent-check-'));
try {
  const { archive, sha256, other } = await build(work);
  const figures = { version: archive.version, sha256, ...(await checkAgent({ archive, other, work, say })) };
  console.log(values.json ? JSON.stringify(figures) : render(figures).trimEnd());
  const failures = failuresOf(figures);
  for (const failure of failures) console.error(`FAILED: ${failure}`);
  if (failures.length > 0) process.exitCode = 1;
} finally {
  await rm(work, { recursive: true, force: true });
}
