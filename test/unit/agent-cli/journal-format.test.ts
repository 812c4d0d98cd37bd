import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { effectKinds } from '../../../agent/journal/effects.ts';
import { openFileJournal } from '../../../agent/journal/file-journal.ts';
import { encodeFrame } from '../../../agent/journal/frames.ts';
import { HostState } from '../../../agent/state.ts';
import type { Effect } from '../../../agent/state.ts';
import { silentLogger } from '../../../core/logger.ts';
import type { Assignment } from '../../../core/model/resources.ts';
import type { Scope } from '../../../core/store/port.ts';

function assignment(vpcId: string, epoch: number): Assignment {
  const lane = { cluster: 'c', topic: `vpc-${vpcId}`, partitions: 1 };
  return { vpcId, hostId: 'h', partition: 0, slot: 5, epoch, lane, state: 'member' };
}

const first: readonly Effect[] = [
  {
    kind: 'registration',
    registration: {
      lane: { cluster: 'c', topic: 't', partition: 1, slot: 7, epoch: 2 },
      clusters: [{ name: 'c', serviceUrl: 'pulsar://b:6650' }],
      statusTopic: 's',
      statusPartitions: 4,
      publicLanes: [],
    },
  },
  {
    kind: 'scope',
    scope: 'vpc/a',
    epoch: 3,
    incarnation: 1,
    revision: 9,
    set: [{ key: 'port/p', revision: 8, body: '{"id":"p"}' }],
    removed: ['port/q'],
    failures: [{ key: 'port/p', revision: 8, reason: 'no' }],
    complete: true,
  },
  { kind: 'wanted', scope: 'vpc/a', epoch: 4 },
  { kind: 'floor', scope: 'vpc/b', incarnation: 1, epoch: 5 },
];
const second: readonly Effect[] = [
  { kind: 'joined', assignment: assignment('d', 1) },
  { kind: 'joined', assignment: assignment('c', 2) },
  {
    kind: 'scope',
    scope: 'vpc/c',
    epoch: 2,
    incarnation: 1,
    revision: 3,
    partial: { turn: 6, to: 4, next: 1 },
    set: [],
    removed: [],
    failures: [],
    complete: false,
  },
  { kind: 'unjoined', vpcId: 'c', epoch: 2 },
  {
    kind: 'wanted',
    scope: 'vpc/c',
    epoch: 2,
    failure: { key: 'message/undecodable', revision: 3, reason: 'not JSON' },
  },
  { kind: 'left', left: { scope: 'vpc/e', epoch: 1, partition: 0, slot: 3 }, incarnation: 1 },
  { kind: 'left', left: { scope: 'vpc/f', epoch: 1, partition: 0, slot: 4 }, incarnation: 1 },
  { kind: 'settled', scope: 'vpc/f', epoch: 1 },
  { kind: 'drop', scope: 'vpc/b' },
];

/** Of every kind there is: what one start has appended, and then another. */
const appends = [first, second] as const;

/** What version 0.1.0 wrote for them. A change that does not fit it is a new format, with a file of its own beside this one. */
const FORMAT_1 = readFileSync(new URL('state-format-1.journal', import.meta.url));

/** Appended by a version to come. */
function withFrame(file: Buffer, ...effects: readonly object[]): Buffer {
  return Buffer.concat([file, encodeFrame(effects)]);
}

describe('the format of the state on disk', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vpcast-format-'));
    path = join(directory, 'state.journal');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const open = () => openFileJournal({ directory, logger: silentLogger }, () => []);

  async function refusalOf(file: Buffer): Promise<unknown> {
    await writeFile(path, file);
    const refusal = await open().catch((error: unknown) => error);
    expect(await readFile(path), 'left as it is').to.deep.equal(file);
    return refusal;
  }

  it('is read by this version as 0.1.0 wrote it, every kind of effect', async () => {
    await writeFile(path, FORMAT_1);
    const opened = await open();
    await opened.journal.close();
    expect(opened.cut).to.equal(false);
    expect(opened.effects).to.deep.equal(appends.flat());
    expect(new Set(opened.effects.map(({ kind }) => kind))).to.have.all.keys(Object.keys(effectKinds));
  });

  it('gives the state that 0.1.0 had', () => {
    const state = new HostState();
    for (const effect of appends.flat()) state.apply(effect);
    expect(state.registration?.lane.slot).to.equal(7);
    expect([...state.held.keys()]).to.deep.equal(['vpc/a', 'vpc/c']);
    expect(state.report('vpc/a')).to.include({ epoch: 4, needsSnapshot: true });
    expect(state.held.get('vpc/a')?.replica.entries.get('port/p')?.revision).to.equal(8);
    expect(state.report('vpc/c')).to.include({ epoch: 2, revision: 3, needsSnapshot: true });
    expect(state.held.get('vpc/c')?.replica.partial).to.deep.equal({ turn: 6, to: 4, next: 1 });
    expect([...state.joined.keys()]).to.deep.equal(['d/1']);
    expect([...state.left.keys()]).to.deep.equal(['vpc/e/1']);
    expect(['vpc/b', 'vpc/e', 'vpc/f'].filter((scope) => state.isOver(scope as Scope, 1, 1))).to.have.length(
      3,
    );
  });

  it('is written by this version as 0.1.0 reads it, to the byte', async () => {
    const { journal } = await open();
    for (const effects of appends) await journal.append(effects);
    await journal.close();
    expect((await readFile(path)).toString('latin1')).to.equal(FORMAT_1.toString('latin1'));
  });

  it('passes over what a version to come has written and says to be optional', async () => {
    await writeFile(path, withFrame(FORMAT_1, { kind: 'hint', optional: true, of: 'what' }, ...first));
    const opened = await open();
    await opened.journal.close();
    expect(opened.cut).to.equal(false);
    expect(opened.effects).to.deep.equal([...appends.flat(), ...first]);
  });

  it('refuses an effect that it does not know, and leaves the file as it is', async () => {
    const message = 'the state holds an effect "promise", which only a newer version of the agent knows';
    for (const more of [{}, { optional: false }]) {
      const file = withFrame(FORMAT_1, ...first, { kind: 'promise', ...more });
      expect(await refusalOf(file)).to.include({ code: 'failed_precondition', message });
      // Not even what was cut off behind it.
      expect(await refusalOf(Buffer.concat([file, Buffer.from('half')]))).to.include({ message });
    }
  });

  it('refuses that of a version to come, and leaves it as it is', async () => {
    const file = Buffer.from(FORMAT_1);
    file.writeUInt32LE(2, 8);
    file.writeUInt32LE(crc32(file.subarray(0, 12)), 12);
    const message = 'the state is of format 2, not 1';
    expect(await refusalOf(file)).to.include({ code: 'failed_precondition', message });
  });
});
