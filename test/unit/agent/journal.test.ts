import { expect } from 'chai';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileJournal } from '../../../agent/journal/file-journal.ts';
import { encodeFileHeader, encodeFrame, HEADER_BYTES, scan } from '../../../agent/journal/frames.ts';
import { lockDirectory } from '../../../agent/journal/lock.ts';
import { HostState } from '../../../agent/state.ts';
import type { Effect } from '../../../agent/state.ts';
import { silentLogger } from '../../../core/logger.ts';
import { assignmentOf, port } from './fixture.ts';

const floor = (epoch: number): Effect => ({ kind: 'floor', scope: 'vpc/a', incarnation: 1, epoch });

describe('journal', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vpcast-journal-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const reopen = (live: () => Iterable<Effect> = () => [], compactAboveBytes?: number) =>
    openFileJournal(
      { directory, logger: silentLogger, ...(compactAboveBytes === undefined ? {} : { compactAboveBytes }) },
      live,
    );

  it('gives back what was appended, in order', async () => {
    const { journal } = await reopen();
    await Promise.all([1, 2, 3].map((epoch) => journal.append([floor(epoch), floor(10 + epoch)])));
    await journal.close();
    const again = await reopen();
    expect(again.effects).to.deep.equal([1, 11, 2, 12, 3, 13].map(floor));
    expect(again.cut).to.equal(false);
    await again.journal.close();
  });

  it('starts from the last good record, wherever the last one was cut, and goes on from there', async () => {
    const { journal } = await reopen();
    await journal.append([floor(1)]);
    const path = join(directory, 'state.journal');
    const good = (await readFile(path)).length;
    await journal.append([floor(2), floor(3)]);
    await journal.close();
    const whole = await readFile(path);
    for (let length = good; length < whole.length; length++) {
      await writeFile(path, whole.subarray(0, length));
      const cut = await reopen();
      expect(cut.effects, `cut at ${length}`).to.deep.equal([floor(1)]);
      expect(cut.cut).to.equal(length > good);
      await cut.journal.append([floor(4)]);
      await cut.journal.close();
      const after = await reopen();
      expect(after.effects).to.deep.equal([floor(1), floor(4)]);
      expect(after.cut).to.equal(false);
      await after.journal.close();
    }
  });

  it('believes nothing behind a flipped byte, whichever it is', () => {
    const frames = [1, 2, 3].map((n) => encodeFrame([floor(n)]));
    const file = Buffer.concat([encodeFileHeader(), ...frames]);
    for (let at = 0; at < file.length; at++) {
      for (const bit of [0, 3, 7]) {
        const bytes = Buffer.from(file);
        bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << bit), at);
        const { values, goodBytes } = scan(bytes);
        let end = at < HEADER_BYTES ? 0 : HEADER_BYTES;
        let intact = 0;
        if (at >= HEADER_BYTES) {
          for (const frame of frames) {
            if (end + frame.length > at) break;
            end += frame.length;
            intact++;
          }
        }
        expect(values, `bit ${bit} of byte ${at}`).to.deep.equal(
          [1, 2, 3].slice(0, intact).map((n) => [floor(n)]),
        );
        expect(goodBytes).to.equal(end);
      }
    }
  });

  it('refuses a file of another format, and keeps one that it cannot read at all', async () => {
    const path = join(directory, 'state.journal');
    await writeFile(path, 'not a journal, whatever else it may be');
    const { journal, effects, cut } = await reopen();
    expect(effects).to.deep.equal([]);
    expect(cut).to.equal(true);
    await journal.close();
    expect(await readdir(directory)).to.have.members(['state.journal', 'state.journal.unreadable']);
  });

  it('starts anew from the live state when it has grown long', async () => {
    const state = new HostState();
    const { journal } = await reopen(() => state.effects(), 4_000);
    for (let revision = 1; revision <= 300; revision++) {
      const entry = port(`p${revision % 5}`, revision);
      const effect: Effect = {
        kind: 'scope',
        scope: 'vpc/a',
        epoch: 1,
        incarnation: 1,
        revision,
        set: [entry],
        removed: [],
        failures: [],
        complete: false,
      };
      state.apply(effect);
      const appended = journal.append([effect]);
      if (revision % 7 === 0) await appended;
    }
    const more: Effect[] = [
      { kind: 'joined', assignment: assignmentOf('a', 1) },
      { kind: 'left', left: { scope: 'vpc/b', epoch: 2, partition: 0, slot: 9 }, incarnation: 3 },
      { kind: 'wanted', scope: 'vpc/a', epoch: 2 },
    ];
    for (const effect of more) state.apply(effect);
    await journal.append(more);
    await journal.close();
    expect((await readFile(join(directory, 'state.journal'))).length).to.be.below(20_000);
    const again = await reopen();
    const copy = new HostState();
    for (const effect of again.effects) copy.apply(effect);
    expect([...copy.effects()]).to.deep.equal([...state.effects()]);
    await again.journal.close();
  });

  it('keeps a second agent off its directory', async () => {
    const lock = await lockDirectory(directory);
    const second = await lockDirectory(directory).catch((error: unknown) => error);
    expect(second).to.be.an('error').with.property('message').that.includes('another agent');
    await lock.release();
    await (await lockDirectory(directory)).release();
  });
});
