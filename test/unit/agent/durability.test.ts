import { expect } from 'chai';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileJournal } from '../../../agent/journal/file-journal.ts';
import type { JournalFactory } from '../../../agent/journal/journal.ts';
import { silentLogger } from '../../../core/logger.ts';
import { scopes } from '../../../core/model/keys.ts';
import { overriddenBus } from '../../../local/overridden-bus.ts';
import {
  World,
  assignmentOf,
  eventually,
  port,
  recordOf,
  revisions,
  slotOfAssignment,
  topics,
} from './fixture.ts';

const a = scopes.vpc('a');

/** A journal that is durable when the test says so. */
function heldJournal() {
  let release: () => void = () => undefined;
  let last = Promise.resolve();
  let appended = 0;
  const openJournal: JournalFactory = () =>
    Promise.resolve({
      effects: [],
      cut: false,
      journal: {
        append: () => {
          appended++;
          return last;
        },
        flushed: () => last,
        close: () => Promise.resolve(),
      },
    });
  return {
    openJournal,
    hold: () => {
      last = new Promise((resolve) => {
        release = resolve;
      });
    },
    release: () => {
      release();
    },
    appended: () => appended,
  };
}

describe('agent and its disk', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.create();
  });
  afterEach(() => world.close());

  it('acknowledges, reports and announces only what is durable, and meanwhile takes more', async () => {
    const disk = heldJournal();
    const applied: number[] = [];
    const agent = await world.agent(
      { openJournal: disk.openJournal },
      { events: { onApplied: (scope, revision) => scope === a && applied.push(revision) } },
    );
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3)]);
    await eventually(() => agent.listening().includes('a/1'));
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 5);
    disk.hold();
    const before = disk.appended();
    for (let n = 6; n <= 15; n++)
      await world.changes(slotOfAssignment(joined), a, [n - 1, n], [port('q', n)]);
    await eventually(() => disk.appended() === before + 10);
    expect(revisions(agent.view('a'))).to.deep.equal({ 'port/p': 3, 'port/q': 15 });
    expect(await world.backlog(joined.lane.topic)).to.equal(10);
    expect(applied).to.deep.equal([5]);
    expect(world.scopeReports(a).at(-1)?.revision).to.equal(5);
    disk.release();
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 15);
    await eventually(async () => (await world.backlog(joined.lane.topic)) === 0);
    expect(applied).to.deep.equal([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it('takes again after a crash what was not durable', async () => {
    const disk = heldJournal();
    const agent = await world.agent({ openJournal: disk.openJournal });
    disk.hold();
    await world.join(assignmentOf('a', 1), 5, [port('p', 3)]);
    await eventually(() => agent.view('a') !== undefined);
    await agent.close();
    expect(await world.backlog(topics.hosts)).to.equal(1);
    const again = await world.agent();
    await eventually(() => again.view('a')?.size === 1);
    await eventually(async () => (await world.backlog(topics.hosts)) === 0);
  });

  it('drains: what has arrived is durable, acknowledged and reported, what comes later waits', async () => {
    const agent = await world.agent({}, { reportWindowMs: 60_000, reportCoalesceMs: 60_000 });
    await world.join(assignmentOf('a', 1), 5, [port('p', 3)]);
    await eventually(() => agent.view('a') !== undefined);
    await agent.drain();
    expect(await world.backlog(topics.hosts)).to.equal(0);
    await eventually(() => world.scopeReports(a).at(-1)?.revision === 5);
    await world.changes(slotOfAssignment(assignmentOf('a', 1)), a, [5, 6], []);
    expect(await world.backlog(topics.vpc('a'))).to.equal(1);
  });

  it('does not trust a join for ever that the records do not confirm', async () => {
    const agent = await world.agent();
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, [port('p', 3)]);
    await world.host(2, []);
    await eventually(() => agent.hostEntries().size === 0 && agent.counters.snapshots === 2);
    // The doubt lasts; the host's scope is asked for again.
    const before = world.scopeReports(scopes.host(agent.hostId)).length;
    await eventually(() =>
      world
        .scopeReports(scopes.host(agent.hostId))
        .slice(before)
        .some((report) => report.needsSnapshot),
    );
    expect(agent.view('a')?.size).to.equal(1);
    await world.host(3, []);
    await eventually(() => agent.view('a') === undefined && agent.listening().length === 0);
  });

  it('restarts from a file, and asks for everything again when the end of the file is lost', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'vpcast-agent-'));
    const openJournal: JournalFactory = (live) => openFileJournal({ directory, logger: silentLogger }, live);
    try {
      const agent = await world.agent({ openJournal });
      const joined = assignmentOf('a', 1);
      await world.join(joined, 5, [port('p', 3)]);
      await world.host(2, [joined]);
      await eventually(() => world.scopeReports(a).at(-1)?.revision === 5 && agent.hostEntries().size === 1);
      await agent.drain();
      const again = await world.agent({ openJournal });
      expect(revisions(again.view('a'))).to.deep.equal({ 'port/p': 3 });
      expect([...again.hostEntries().values()]).to.deep.equal([recordOf(joined, 2)]);
      await again.close();
      const cut: JournalFactory = async (live) => ({ ...(await openJournal(live)), cut: true });
      world.reports.length = 0;
      await (await world.agent({ openJournal: cut })).ready();
      await eventually(() => world.scopeReports(a).some((report) => report.needsSnapshot));
    } finally {
      await Promise.all(world.agents.map((each) => each.close()));
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('sends what it has to report once the bus is back, the newest of each scope only', async () => {
    const { bus } = world.cluster.openClient();
    let isAway = true;
    const flaky = overriddenBus(bus, {
      sendByKey: (...args) => (isAway ? Promise.reject(new Error('away')) : bus.sendByKey(...args)),
    });
    const agent = await world.agent({ openCluster: () => flaky });
    const joined = assignmentOf('a', 1);
    await world.join(joined, 5, []);
    for (let n = 6; n <= 9; n++) await world.changes(slotOfAssignment(joined), a, [n - 1, n], []);
    await eventually(() => agent.scopes().some((report) => report.scope === a && report.revision === 9));
    isAway = false;
    await eventually(() => world.scopeReports(a).length > 0);
    expect(world.scopeReports(a).map((report) => report.revision)).to.deep.equal([9]);
  });
});
