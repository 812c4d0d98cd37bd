// npm run demo: plays the life of a cloud and checks that every agent holds exactly what it should.
import { spawnSync } from 'node:child_process';
import { startPlatform } from '../local/platform.ts';
import type { Platform } from '../local/platform.ts';
import { readOptions, usage } from './options.ts';
import type { DemoOptions } from './options.ts';
import { Progress } from './progress.ts';
import { play } from './scenario.ts';
import { table } from './table.ts';

async function main(options: DemoOptions): Promise<void> {
  const began = Date.now();
  const progress = new Progress();
  const platform = await progress.phase('server, infra-nodes and agents', 1, async (step) => {
    const started = await open(options);
    step();
    return started;
  });
  try {
    const rows = await play(platform, options, progress);
    const wrong = await settle(platform);
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    if (options.json) {
      const agents = platform.agents.size;
      process.stdout.write(
        `${JSON.stringify({ ok: wrong.length === 0, seconds, agents, differences: wrong, vpcs: rows })}\n`,
      );
    } else {
      const say = (text: string): void => void process.stdout.write(`${text}\n`);
      say(`\n${table(rows)}\n`);
      if (wrong.length === 0)
        say(`All ${platform.agents.size} agents hold exactly what they should. ${seconds} s.`);
      else say(wrong.join('\n'));
    }
    if (wrong.length > 0) process.exitCode = 1;
  } finally {
    await platform.stop();
  }
}

/** The agents are given time to take leave of VPCs; what still differs then is wrong. */
async function settle(platform: Platform): Promise<string[]> {
  try {
    await platform.settled();
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

async function open(options: DemoOptions): Promise<Platform> {
  const hosts = Array.from({ length: options.hosts }, (_, n) => `host-${n}`);
  if (options.services === undefined) return startPlatform({ hosts, infraNodes: 2, backend: 'embedded' });
  const addon = spawnSync('npm', ['run', '-s', 'addon'], { stdio: ['ignore', 2, 2] });
  if (addon.status !== 0) throw new Error('the pulsar-client addon is not usable; see above');
  const urls =
    options.services === 'started' ? await (await import('./services.ts')).services() : options.services;
  return startPlatform({ hosts, infraNodes: 2, backend: urls });
}

let options: DemoOptions | undefined;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}\n`);
  process.exitCode = 2;
}
if (options !== undefined) await main(options);
