// npm test: everything, where it takes them on a real Pulsar and a real Redis that this brings up and takes down again.
// Arguments are suites to run (default: all but the heavy ones); mocha's own arguments pass through.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { down, up } from './services/up.ts';

const usualSuites = ['unit', 'contract', 'integration', 'e2e'] as const;
/** Minutes of computing each; continuous integration runs them after the others. */
const heavySuites = ['property', 'fuzz'] as const;
/** Needs helm, which is built from the Go proxy once per machine: four minutes. */
const chartSuites = ['chart'] as const;
/** The others have all they need in their own process. */
const suitesWithServices: readonly string[] = ['contract', 'integration', 'e2e'];
const allSuites = [...usualSuites, ...heavySuites, ...chartSuites] as const;

interface SuiteResult {
  readonly passed: number;
  readonly failed: number;
}

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      output += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output });
    });
  });
}

/** A suite that ends badly without naming a failed test (it crashed, or ran nothing) counts as one failure. */
async function runSuite(
  suite: string,
  mochaArgs: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<SuiteResult> {
  const began = Date.now();
  console.log(`\n=== ${suite}`);
  const { code, output } = await run(
    'node_modules/.bin/mocha',
    [`test/${suite}/**/*.test.ts`, ...mochaArgs],
    env,
  );
  const count = (word: string): number =>
    Number(new RegExp(`^\\s*(\\d+) ${word}`, 'm').exec(output)?.[1] ?? 0);
  const passed = count('passing');
  const failed = Math.max(count('failing'), code !== 0 || passed === 0 ? 1 : 0);
  console.log(
    `=== ${suite}: ${passed} passed, ${failed} failed in ${Math.round((Date.now() - began) / 1000)} s`,
  );
  return { passed, failed };
}

async function servicesIn(dir: string): Promise<NodeJS.ProcessEnv> {
  const { pulsarUrl, pulsarAdminUrl, redisUrl } = await up({ dir });
  return {
    VPCAST_PULSAR_URL: pulsarUrl,
    VPCAST_PULSAR_ADMIN_URL: pulsarAdminUrl,
    VPCAST_REDIS_URL: redisUrl,
  };
}

async function main(): Promise<void> {
  const args = process.argv.slice(2);
  const named = allSuites.filter((suite) => args.includes(suite));
  const suites = named.length > 0 ? named : usualSuites;
  const mochaArgs = args.filter((arg) => !(allSuites as readonly string[]).includes(arg));

  const addon = await run('npm', ['run', '-s', 'addon'], process.env);
  if (addon.code !== 0) throw new Error('the pulsar-client addon is not usable; see above');
  const dir = await mkdtemp(join(tmpdir(), 'vpcast-test-'));
  const stop = async (): Promise<void> => {
    await down(dir, { wipe: true });
    await rm(dir, { recursive: true, force: true });
  };
  const interrupt = (): void => {
    void stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const needServices = suites.some((suite) => suitesWithServices.includes(suite));
    const env = { ...process.env, ...(needServices && (await servicesIn(dir))) };
    const total = { passed: 0, failed: 0 };
    for (const suite of suites) {
      const { passed, failed } = await runSuite(suite, mochaArgs, env);
      total.passed += passed;
      total.failed += failed;
    }
    console.log(`\n${total.passed} passed, ${total.failed} failed`);
    if (total.failed > 0) process.exitCode = 1;
  } finally {
    await stop();
  }
}

await main();
