import { pause, retry } from '../../core/retry.ts';
import type { ServiceProcess } from '../../scripts/services/service-process.ts';
import type { PlannedFault } from '../schedule/plan.ts';
import type { Link } from '../testbed/link.ts';
import type { Testbed } from '../testbed/testbed.ts';

export interface Injection {
  /** What it strikes. */
  readonly where: string;
  begin(): Promise<void>;
  /** Resolves when what was struck is back. */
  end(): Promise<void>;
}

/** A program may not come up while what it needs is away; whoever supervises it would start it again. */
const START_ATTEMPTS = 20;

export function injectionOf(testbed: Testbed, fault: PlannedFault): Injection {
  const { servers, infraNodes, agents, broker, redis, brokerLinks, redisLinks } = testbed;
  const one = <T>(
    name: string,
    from: readonly T[],
    act: (each: T) => Omit<Injection, 'where'>,
  ): Injection => {
    const index = Math.floor(fault.target * from.length);
    const picked = from[index];
    if (picked === undefined) throw new Error(`there is no ${name} ${index}`);
    return { where: `${name}-${index}`, ...act(picked) };
  };
  const sides = (names: readonly string[], from: readonly (readonly Link[])[]): [string, readonly Link[]] => {
    // All of them as often as each of them.
    const index = Math.floor(fault.target * (from.length + 1)) - 1;
    return index < 0 ? ['all', from.flat()] : [names[index] ?? '', from[index] ?? []];
  };
  const toBroker = () => sides(['servers', 'infra-nodes', 'agents'], brokerLinks);
  const toRedis = () =>
    sides(
      ['servers', 'infra-nodes'],
      redisLinks.map((link) => [link]),
    );
  switch (fault.kind) {
    case 'kill-agent':
      return one('agents', agents, (each) => killing(each.process));
    case 'stop-agent':
      return one('agents', agents, (each) => stopping(each.process));
    case 'kill-infra':
      return one('infra-node', infraNodes, (each) => killing(each.process));
    case 'stop-infra':
      return one('infra-node', infraNodes, (each) => stopping(each.process));
    case 'kill-server':
      return one('server', servers, (each) => killing(each.process));
    case 'stop-server':
      return one('server', servers, (each) => stopping(each.process));
    case 'restart-broker':
      return { where: 'broker', ...killing(broker) };
    case 'stop-broker':
      return { where: 'broker', ...stopping(broker) };
    case 'cut-broker':
      return cutting(...toBroker());
    case 'delay-broker':
      return delaying(fault.delayMs, ...toBroker());
    case 'restart-redis':
      return { where: 'redis', ...killing(redis) };
    case 'stop-redis':
      return { where: 'redis', ...stopping(redis) };
    case 'cut-redis':
      return cutting(...toRedis());
    case 'delay-redis':
      return delaying(fault.delayMs, ...toRedis());
  }
}

function killing(process: ServiceProcess): Omit<Injection, 'where'> {
  return {
    begin: () => process.kill('SIGKILL'),
    end: async () => {
      await retry(() => process.start(), { attempts: START_ATTEMPTS, baseMs: 500, retryIf: () => true });
    },
  };
}

function stopping(process: ServiceProcess): Omit<Injection, 'where'> {
  return {
    begin: () => process.kill('SIGSTOP'),
    end: () => process.kill('SIGCONT'),
  };
}

function cutting(where: string, links: readonly Link[]): Injection {
  return {
    where,
    begin: () =>
      forAll(links, (link) => {
        link.cut();
      }),
    end: () =>
      forAll(links, (link) => {
        link.mend();
      }),
  };
}

function delaying(ms: number, where: string, links: readonly Link[]): Injection {
  return {
    where: `${where} by ${ms} ms`,
    begin: () =>
      forAll(links, (link) => {
        link.delay(ms);
      }),
    end: () =>
      forAll(links, (link) => {
        link.mend();
      }),
  };
}

function forAll(links: readonly Link[], act: (link: Link) => void): Promise<void> {
  for (const link of links) act(link);
  return Promise.resolve();
}

/** Begins it, lets it last, ends it. */
export async function carryOut(injection: Injection, lastsMs: number): Promise<void> {
  await injection.begin();
  await pause(lastsMs);
  await injection.end();
}
