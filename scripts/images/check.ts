// npm run images:check: images/check.sh, with mmdebstrap out of the cache where the system has none.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { tryCommand } from '../services/command.ts';
import { unpackDebianPackages } from '../services/debian-packages.ts';
import { lackingForImages } from './lacking.ts';

const script = fileURLToPath(new URL('../../images/check.sh', import.meta.url));

async function ensureMmdebstrap(): Promise<string> {
  if ((await tryCommand('mmdebstrap', ['--version'])).ok) return 'mmdebstrap';
  // It depends on perl and apt alone, which are there wherever apt is.
  const directory = await fillOnce(cacheDirectory('mmdebstrap'), (staging) =>
    unpackDebianPackages(staging, ['mmdebstrap'], () => false),
  );
  return join(directory, 'usr', 'bin', 'mmdebstrap');
}

const lacking = await lackingForImages();
if (lacking !== undefined) throw new Error(`this machine lacks ${lacking}`);
const env = { ...process.env, MMDEBSTRAP: await ensureMmdebstrap() };
const child = spawn(script, process.argv.slice(2), { env, stdio: 'inherit' });
const [code] = (await once(child, 'exit')) as [number | null];
process.exitCode = code ?? 1;
