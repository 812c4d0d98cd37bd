import { expect } from 'chai';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileJournal } from '../../../agent/journal/file-journal.ts';
import { scan } from '../../../agent/journal/frames.ts';
import type { JournalFactory } from '../../../agent/journal/journal.ts';
import { silentLogger } from '../../../core/logger.ts';
import { digestOf } from '../../../core/model/digest.ts';
import { scopes } from '../../../core/model/keys.ts';
import {
  World,
  assignmentOf,
  eventually,
  hostLane,
  me,
  port,
  recordOf,
  slotOfAssignment,
} from './fixture.ts';

const a = scopes.vpc('a');
const joined = assignmentOf('a', 1);
const slot = slotOfAssignment(joined);
/** What the host holds at revision 5, at 6 and at 7. */
const [p, q, r] = [port('p', 3), port('q', 6), port('r', 7)];
/** Agents at a time. */
const SIDE_BY_SIDE = 16;

const inDirectory =
  (directory: string): JournalFactory =>
  (live) =>
    openFileJournal({ directory, logger: silentLogger }, live);

describe('an agent whose journal was cut', function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vpcast-cut-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  /** The journal of an agent that has joined at 5 and taken a change to 6, acknowledged. */
  async function journalAt6(): Promise<Buffer> {
    const world = await World.create();
    try {
      const agent = await world.agent({ openJournal: inDirectory(directory) });
      await world.host(2, [joined]);
      await world.join(joined, 5, [p]);
      await eventually(() => agent.hostEntries().size === 1 && world.scopeReports(a).at(-1)?.revision === 5);
      await world.changes(slot, a, [5, 6], [q]);
      await eventually(() => world.scopeReports(a).at(-1)?.revision === 6);
      await agent.drain();
      return await readFile(join(directory, 'state.journal'));
    } finally {
      await world.close();
    }
  }

  /** Starts from the cut journal in a world that goes on to revision 7 and sends a snapshot to whoever asks. */
  async function converges(journal: Buffer, length: number): Promise<void> {
    const at = join(directory, String(length));
    await mkdir(at);
    await writeFile(join(at, 'state.journal'), journal.subarray(0, length));
    const world = await World.create();
    try {
      const agent = await world.agent({ openJournal: inDirectory(at) });
      await agent.ready();
      await world.changes(slot, a, [6, 7], [r]);
      let answered = 0;
      await eventually(async () => {
        const asked = world.reports.flatMap((report) => report.scopes.filter((scope) => scope.needsSnapshot));
        for (const { scope } of asked.slice(answered)) {
          if (scope === a) await world.snapshot(slot, a, 7, [p, q, r]);
          else await world.snapshot(hostLane, scope, 2, [recordOf(joined, 2)]);
        }
        answered = asked.length;
        const last = world.scopeReports(a).at(-1);
        return last?.revision === 7 && !last.needsSnapshot && last.digest === digestOf([p, q, r]);
      }, `cut at ${length}`);
      expect([...(agent.view('a')?.values() ?? [])], `cut at ${length}`).to.have.deep.members([p, q, r]);
      expect([...agent.hostEntries().values()]).to.deep.equal([recordOf(joined, 2)]);
      expect(agent.listening()).to.deep.equal(['a/1']);
      const own = world.scopeReports(scopes.host(me)).at(-1);
      expect(own).to.include({ revision: 2 });
    } finally {
      await world.close();
    }
  }

  it('starts and converges, wherever the last record was cut', async () => {
    const journal = await journalAt6();
    const last = startOfLastFrame(journal);
    await allConverge(journal, range(last, journal.length + 1, 1));
  });

  it('does so also when more of it is gone', async () => {
    const journal = await journalAt6();
    await allConverge(journal, range(0, journal.length, 13));
  });

  async function allConverge(journal: Buffer, lengths: readonly number[]): Promise<void> {
    for (let i = 0; i < lengths.length; i += SIDE_BY_SIDE) {
      await Promise.all(lengths.slice(i, i + SIDE_BY_SIDE).map((length) => converges(journal, length)));
    }
  }
});

/** With the good bytes of a file that lacks only its last byte. */
function startOfLastFrame(journal: Buffer): number {
  const { goodBytes } = scan(journal.subarray(0, -1));
  const whole = scan(journal);
  expect(whole.goodBytes).to.equal(journal.length);
  expect(whole.values.at(-1)).to.have.nested.property('[0].revision', 6);
  return goodBytes;
}

function range(from: number, end: number, step: number): number[] {
  return Array.from({ length: Math.ceil((end - from) / step) }, (_, i) => from + i * step);
}
