// npm run services -- up|down|status [--json] [--dir <run directory>] [--appendfsync always] [--wipe]
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { reportOnStderr } from './progress.ts';
import { down, status, up } from './up.ts';

const usage = `usage: npm run services -- <command> [options]
  up       start Pulsar and Redis, or tell where they are  [--appendfsync everysec|always]
  down     end them; their data stays                      [--wipe: remove it]
  status   tell whether they run
options: --json  one JSON object on standard output
         --dir   where their data, logs and state are (default .run/services)`;

const readArguments = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      dir: { type: 'string', default: fileURLToPath(new URL('../../.run/services', import.meta.url)) },
      appendfsync: { type: 'string', default: 'everysec' },
      wipe: { type: 'boolean', default: false },
    },
  });

type Values = ReturnType<typeof readArguments>['values'];

const printJson = (value: unknown) => {
  console.log(JSON.stringify(value));
};

async function runUp({ appendfsync, dir, json }: Values): Promise<void> {
  if (appendfsync !== 'everysec' && appendfsync !== 'always') throw new Error(usage);
  const urls = await up({ dir, appendfsync });
  for (const [name, url] of Object.entries(urls)) reportOnStderr(`${name} ${String(url)}`);
  if (json) printJson(urls);
}

async function runStatus({ dir, json }: Values): Promise<void> {
  const services = await status(dir);
  for (const [name, { condition, pid, url = '' }] of Object.entries(services))
    reportOnStderr(`${name} ${condition}${pid === undefined ? '' : ` ${url} (pid ${pid})`}`);
  if (json) printJson(services);
  if (Object.values(services).some(({ condition }) => condition !== 'healthy')) process.exitCode = 1;
}

async function main(): Promise<void> {
  const { values, positionals } = readArguments();
  const [command, ...rest] = positionals;
  if (rest.length > 0) throw new Error(usage);
  switch (command) {
    case 'up':
      return runUp(values);
    case 'down':
      return down(values.dir, { wipe: values.wipe });
    case 'status':
      return runStatus(values);
    default:
      throw new Error(usage);
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\ncaused by: ${describe(error.cause)}`;
}

try {
  await main();
} catch (error) {
  console.error(describe(error));
  process.exitCode = 1;
}
