import { PlatformError } from '../core/errors.ts';
import type { Agent } from './agent.ts';

/** What the agent needs to be ready, in the terms of `HealthServerOptions`. */
export function agentChecks(
  agent: Pick<Agent, 'ready' | 'beat'>,
  /** Over what the agent sends. */
  sends: { check(): void; readonly quietMs: number },
  /** When nothing was confirmed for this long, a report is sent to see whether it still is. */
  probeMs: number,
): Readonly<Record<'lane' | 'broker', () => Promise<void> | void>> {
  let isListening = false;
  agent.ready().then(
    () => {
      isListening = true;
    },
    // It was closed before.
    () => undefined,
  );
  return {
    lane: () => {
      if (!isListening) throw new PlatformError('unavailable', "not listening on the host's lane yet");
    },
    broker: async () => {
      sends.check();
      if (sends.quietMs < probeMs) return;
      await agent.beat();
      sends.check();
    },
  };
}

/** How a host stands. */
export const agentGauges = {
  vpcs: 'VPCs that the host holds.',
  slots: 'Slots of VPCs that it listens to.',
  readingAlong: 'VPCs whose fan-out lane it reads.',
  entries: 'Entries that it holds of all VPCs.',
  failures: 'What it received and could not apply.',
  snapshotsWanted: 'Scopes of which it waits for a snapshot.',
} as const;

export function readGauges(agent: Agent): Record<keyof typeof agentGauges, number> {
  const scopes = agent.scopes();
  return {
    vpcs: agent.vpcs().length,
    slots: agent.listening().length,
    readingAlong: agent.readingAlong().length,
    entries: agent.vpcs().reduce((sum, vpcId) => sum + (agent.view(vpcId)?.size ?? 0), 0),
    failures: scopes.reduce((sum, report) => sum + report.failures.length, 0),
    snapshotsWanted: scopes.filter((report) => report.needsSnapshot).length,
  };
}
