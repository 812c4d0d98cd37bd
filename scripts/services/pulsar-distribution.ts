// The broker's distribution, from the Maven repository.
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, fillOnce } from '../cache.mjs';
import { runCommand, tryCommand } from './command.ts';
import { type Report, withProgress } from './progress.ts';

export const pulsarVersion = '4.0.8';

const artifact = `org.apache.pulsar:pulsar-server-distribution:${pulsarVersion}:tar.gz:bin`;

async function checkTools(): Promise<void> {
  const hints = { mvn: 'Maven (Debian: apt install maven)', tar: 'tar' };
  const missing: string[] = [];
  for (const [command, hint] of Object.entries(hints))
    if (!(await tryCommand(command, ['--version'])).ok) missing.push(hint);
  if (missing.length > 0) throw new Error(`fetching Pulsar ${pulsarVersion} needs ${missing.join(' and ')}`);
}

export async function checkJava(): Promise<void> {
  const java =
    process.env['JAVA_HOME'] === undefined ? 'java' : join(process.env['JAVA_HOME'], 'bin', 'java');
  if (!(await tryCommand(java, ['-version'])).ok)
    throw new Error(
      `Pulsar ${pulsarVersion} needs Java 17 or later (Debian: apt install openjdk-17-jre-headless)`,
    );
}

/** The unpacked distribution, downloaded on first use. */
export async function pulsarDistribution(report: Report): Promise<string> {
  return fillOnce(cacheDirectory('pulsar', pulsarVersion), async (staging) => {
    await checkTools();
    const download = join(staging, 'download');
    await withProgress(report, `fetching Pulsar ${pulsarVersion} with Maven (245 MB)`, () =>
      runCommand('mvn', [
        ...['--batch-mode', '--quiet', 'dependency:copy', `-Dartifact=${artifact}`],
        `-DoutputDirectory=${download}`,
      ]),
    );
    const [archive] = await readdir(download);
    if (archive === undefined) throw new Error(`Maven put nothing into ${download}`);
    await withProgress(report, 'unpacking Pulsar', () =>
      runCommand('tar', ['-xzf', join(download, archive), '-C', download, '--no-same-owner']),
    );
    const unpacked = join(download, `apache-pulsar-${pulsarVersion}`);
    for (const entry of await readdir(unpacked)) await rename(join(unpacked, entry), join(staging, entry));
    await rm(download, { recursive: true });
  });
}
