// The pulsar-client package of this checkout: does its addon load, and how to put one in.
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

export const projectDirectory = fileURLToPath(new URL('../..', import.meta.url));
export const packageDirectory = join(projectDirectory, 'node_modules', 'pulsar-client');
const bindingDirectory = join(packageDirectory, 'lib', 'binding');
const certificates = join(packageDirectory, 'src', 'cert.pem');

export function packageVersion() {
  const manifest = join(packageDirectory, 'package.json');
  if (!existsSync(manifest)) throw new Error(`no ${packageDirectory}: run npm ci first`);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

// In a child process, so that a broken addon cannot take this one down. It makes a client, because that is the
// first thing that needs libpulsar itself.
const probe = `
  const Pulsar = require(process.argv[1]);
  Pulsar.Client.setLogHandler(() => {});
  Pulsar.MessageId.earliest().toString();
  new Pulsar.Client({ serviceUrl: 'pulsar://127.0.0.1:1' }).close().then(() => process.exit(0));`;

/** Undefined when the addon works, else the reason why it does not. */
export async function addonProblem() {
  if (!existsSync(join(bindingDirectory, 'pulsar.node'))) return 'no addon is installed';
  const { ok, stderr } = await run(process.execPath, ['-e', probe, packageDirectory], { timeoutMs: 20_000 });
  return ok ? undefined : stderr.trim() || 'it ended without a message';
}

async function replaceFile(target, write) {
  const part = `${target}.${process.pid}.part`;
  await write(part);
  await rename(part, target);
}

/** Copies pulsar.node and what lies beside it in `from` into the package. */
export async function installAddon(from) {
  await mkdir(bindingDirectory, { recursive: true });
  const files = (await readdir(from)).filter((name) => name !== 'pulsar.node');
  // pulsar.node comes last: once it is there, its library is.
  for (const name of [...files, 'pulsar.node'])
    await replaceFile(join(bindingDirectory, name), (part) => copyFile(join(from, name), part));
}

/** The root certificates that every client names by default; the package's own install script would write them. */
export async function ensureCertificates() {
  if (existsSync(certificates)) return;
  await mkdir(dirname(certificates), { recursive: true });
  await replaceFile(certificates, (part) => writeFile(part, `${rootCertificates.join('\n')}\n`));
}
