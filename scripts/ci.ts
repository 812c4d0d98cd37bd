// Everything that continuous integration runs, on a checkout with nothing but its dependencies installed.
import { spawn } from 'node:child_process';
import { lackingForAgent } from './agent-check/lacking.ts';
import { lackingForCluster } from './cluster/programs.ts';
import { lackingForChart } from './helm/ensure.ts';
import { lackingForImages } from './images/lacking.ts';

interface Step {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What this machine lacks for the step, which is then not run; undefined: nothing. */
  readonly lacking?: () => Promise<string | undefined>;
}

const npm = (name: string, script: string, ...args: string[]): Step => ({
  name,
  command: ['npm', 'run', '-s', script, ...(args.length > 0 ? ['--', ...args] : [])],
});

const steps: readonly Step[] = [
  npm('demo (embedded)', 'demo'),
  npm('format', 'format:check'),
  npm('lint', 'lint'),
  npm('types', 'typecheck'),
  npm('dependency rules', 'deps'),
  npm('build', 'build'),
  { name: 'tests', command: ['npm', 'test', '-s'] },
  { name: 'heavy tests', command: ['npm', 'test', '-s', 'property', 'fuzz'] },
  npm('demo (real Pulsar and Redis)', 'demo', '--services'),
  npm('services down', 'services', 'down', '--wipe'),
  { ...npm('agent on a clean Debian', 'agent:check'), lacking: lackingForAgent },
  npm('fault harness, seed 1', 'chaos', '--seed', '1', '--minutes', '1'),
  npm('fault harness, seed 2', 'chaos', '--seed', '2', '--minutes', '1'),
  npm('rolling restarts', 'chaos', '--rolling', '--agents', '20', '--workers', '4', '--rate', '100'),
  { ...npm('chart', 'helm:check'), lacking: lackingForChart },
  { name: 'chart and settings', command: ['npm', 'test', '-s', 'chart'], lacking: lackingForChart },
  { ...npm('chart on an API server', 'helm:cluster'), lacking: lackingForCluster },
  { ...npm('images', 'images:check'), lacking: lackingForImages },
];

/** Of a step that failed, as much as is printed again at the end. */
const EXCERPT_CHARACTERS = 6_000;

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly output: string;
}

function run(step: Step): Promise<Outcome> {
  return new Promise((resolve) => {
    const began = Date.now();
    console.log(`\n##### ${step.name}: ${step.command.join(' ')}`);
    const [command, ...args] = step.command;
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      process.stdout.write(chunk);
      output += chunk.toString();
    });
    child.on('close', (code) => {
      // A step that runs tests says how many; any other step is one check.
      const counts = [...output.matchAll(/^(\d+) passed, (\d+) failed$/gm)].at(-1);
      const passed = counts === undefined ? Number(code === 0) : Number(counts[1]);
      const failed = Math.max(counts === undefined ? 0 : Number(counts[2]), code === 0 ? 0 : 1);
      console.log(
        `##### ${step.name}: ${failed === 0 ? 'ok' : 'FAILED'} in ${Math.round((Date.now() - began) / 1000)} s`,
      );
      resolve({ passed, failed, output });
    });
  });
}

/** The tests that failed, or the last that was said where there are none. */
function excerptOf(output: string): string {
  const tests = [...output.matchAll(/^ +\d+ failing$[^]*?(?=^=== )/gm)].map(([text]) => text.trim());
  return tests.length > 0
    ? tests.join('\n\n').slice(0, EXCERPT_CHARACTERS)
    : output.trim().slice(-EXCERPT_CHARACTERS);
}

const total = { passed: 0, failed: 0 };
const failures = new Map<string, string>();
const notRun: string[] = [];
for (const step of steps) {
  const lack = await step.lacking?.();
  if (lack !== undefined) {
    notRun.push(`${step.name}: lacks ${lack}`);
    console.log(`\n##### ${step.name}: NOT RUN, lacks ${lack}`);
    continue;
  }
  const { passed, failed, output } = await run(step);
  total.passed += passed;
  total.failed += failed;
  if (failed > 0) failures.set(step.name, excerptOf(output));
}
for (const step of notRun) console.log(`not run: ${step}`);
for (const [name, excerpt] of failures) console.log(`\n##### what failed in ${name}\n${excerpt}`);
if (failures.size > 0) console.log(`\nfailed: ${[...failures.keys()].join(', ')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed > 0 ? 1 : 0;
