import { expect } from 'chai';
import fc from 'fast-check';
import { startAgent } from '../../../agent/agent.ts';
import type { Agent } from '../../../agent/agent.ts';
import { stateOnlyDataPlane } from '../../../agent/data-plane.ts';
import { memoryJournal } from '../../../agent/journal/memory-journal.ts';
import type { MemoryDisk } from '../../../agent/journal/memory-journal.ts';
import { silentLogger } from '../../../core/logger.ts';
import { keys, scopes } from '../../../core/model/keys.ts';
import type { Assignment } from '../../../core/model/resources.ts';
import {
  World,
  assignmentOf,
  eventually,
  hostLane,
  port,
  registration,
  removed,
  revisions,
  slotOfAssignment,
} from './fixture.ts';

const a = scopes.vpc('a');

describe('agents', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.close());

  it('live in one process by the hundred, on one bus', async () => {
    const count = 300;
    const assignments = Array.from({ length: count }, (_, i): Assignment => ({
      ...assignmentOf('a', 1),
      hostId: `h${i}`,
      slot: 1_000 + i,
    }));
    const agents: Agent[] = [];
    for (const { hostId } of assignments) {
      const lane = { ...hostLane, slot: 1_000 + agents.length };
      agents.push(
        await startAgent(
          {
            control: { registerHost: () => Promise.resolve({ ...registration, lane }) },
            openCluster: () => world.cluster.bus,
            openJournal: memoryJournal(),
            dataPlane: stateOnlyDataPlane,
            clock: Date.now,
            logger: silentLogger,
          },
          {
            host: {
              id: hostId,
              name: '',
              vtepIp: '',
              macAddress: '',
              zone: '',
              labels: {},
              serves: [],
              agentVersion: '',
            },
          },
        ),
      );
    }
    world.agents.push(...agents);
    for (const assignment of assignments) {
      const stamp = { host: assignment.hostId, assignment };
      await world.snapshot({ ...hostLane, slot: assignment.slot }, a, 1, [port('p', 1)], stamp);
      await world.changes(slotOfAssignment(assignment), a, [1, 2], [port('q', 2)], {
        host: assignment.hostId,
      });
    }
    await eventually(() => agents.every((agent) => agent.view('a')?.size === 2));
    await eventually(
      () =>
        new Set(
          world.reports.flatMap((report) =>
            report.scopes.some(({ scope, revision }) => scope === a && revision === 2) ? [report.host] : [],
          ),
        ).size === count,
    );
  });

  it('end up with what was sent, wherever they are restarted and whatever comes twice', async () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('change' as const), id: fc.nat(3), lives: fc.boolean() }),
      },
      { weight: 2, arbitrary: fc.constant({ kind: 'restart' as const }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('repeat' as const), back: fc.nat(4) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const trial = await World.create();
        const disk: MemoryDisk = { effects: [] };
        const start = () => trial.agent({ openJournal: memoryJournal(disk) });
        const joined = assignmentOf('a', 1);
        const slot = slotOfAssignment(joined);
        const expected = new Map<string, number>();
        const sent: (() => Promise<void>)[] = [];
        const send = async (message: () => Promise<void>): Promise<void> => {
          sent.push(message);
          await message();
        };
        let agent = await start();
        let revision = 1;
        try {
          await trial.join(joined, revision, []);
          for (const each of steps) {
            if (each.kind === 'restart') {
              await agent.close();
              agent = await start();
            } else if (each.kind === 'repeat') {
              await sent.at(-1 - each.back)?.();
            } else {
              const from = revision++;
              const to = revision;
              const key = keys.port(String(each.id));
              if (each.lives) expected.set(key, to);
              else expected.delete(key);
              const entry = each.lives ? port(String(each.id), to) : removed(key, to);
              await send(() => trial.changes(slot, a, [from, to], [entry]));
            }
          }
          await eventually(() => trial.scopeReports(a).at(-1)?.revision === revision);
          await eventually(async () => (await trial.backlog(joined.lane.topic)) === 0);
          expect(revisions(agent.view('a'))).to.deep.equal(Object.fromEntries(expected));
          expect(agent.counters.gaps).to.equal(0);
        } finally {
          await trial.close();
        }
      }),
      { numRuns: 60 },
    );
  });
});
