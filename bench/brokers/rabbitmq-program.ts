// Debian's RabbitMQ with its Erlang, unpacked into the cache.
import { existsSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, fillOnce } from '../../scripts/cache.mjs';
import { unpackDebianPackages } from '../../scripts/services/debian-packages.ts';
import { reportOnStderr, withProgress } from '../../scripts/services/progress.ts';
import { peerVersions } from './versions.ts';

/** Beside what rabbitmq-server itself names; public-key needs asn1. */
const PACKAGES = ['rabbitmq-server', 'erlang-base', 'erlang-asn1'];

export interface RabbitProgram {
  readonly server: string;
  readonly epmd: string;
  /** Of `erl`, which the server looks for on PATH. */
  readonly erlang: string;
}

export async function rabbitProgram(): Promise<RabbitProgram> {
  const version = peerVersions().debian['rabbitmq-server'];
  const root = await fillOnce(cacheDirectory('rabbitmq', `${version}-${process.arch}`), (staging) =>
    withProgress(reportOnStderr, `fetching RabbitMQ ${version} from the Debian archive (35 MB)`, async () => {
      await unpackDebianPackages(staging, PACKAGES, (name) => name.startsWith('erlang-'));
      if (!existsSync(serverOf(staging, version))) {
        throw new Error(`this system's package of rabbitmq-server is not version ${version}`);
      }
      await relocate(join(staging, 'usr/lib/erlang'));
    }),
  );
  const erlang = join(root, 'usr/lib/erlang/bin');
  return { server: serverOf(root, version), epmd: join(erlang, 'epmd'), erlang };
}

function serverOf(root: string, version: string): string {
  return join(root, `usr/lib/rabbitmq/lib/rabbitmq_server-${version}/sbin/rabbitmq-server`);
}

/** Debian's `erl` only knows the place where it is installed. */
async function relocate(erlang: string): Promise<void> {
  const file = join(erlang, 'bin/erl');
  const script = await readFile(file, 'utf8');
  const here = '"$(cd "$(dirname "$0")/.." && pwd)"';
  await writeFile(file, script.replaceAll('ROOTDIR=/usr/lib/erlang', `ROOTDIR=${here}`));
  await chmod(file, 0o755);
}
