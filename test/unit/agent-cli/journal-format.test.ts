import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { expect } from 'chai';
import { openFileJournal } from '../../../agent/journal/file-journal.ts';
import { HostState } from '../../../agent/state.ts';
import type { Effect } from '../../../agent/state.ts';
import { silentLogger } from '../../../core/logger.ts';

const effects: readonly Effect[] = [
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

/** Header, then one frame: what version 0.1.0 wrote for them. A change that does not fit it is a new format. */
const FORMAT_1 = Buffer.concat([
  Buffer.from('7670636173746a0a01000000afabd35e2a0200008e804e79', 'hex'),
  Buffer.from(
    String.raw`[{"kind":"registration","registration":{"lane":{"cluster":"c","topic":"t","partition":1,` +
      String.raw`"slot":7,"epoch":2},"clusters":[{"name":"c","serviceUrl":"pulsar://b:6650"}],"statusTopi` +
      String.raw`c":"s","statusPartitions":4,"publicLanes":[]}},{"kind":"scope","scope":"vpc/a","epoch":3` +
      String.raw`,"incarnation":1,"revision":9,"set":[{"key":"port/p","revision":8,"body":"{\"id\":\"p\"}` +
      String.raw`"}],"removed":["port/q"],"failures":[{"key":"port/p","revision":8,"reason":"no"}],"compl` +
      String.raw`ete":true},{"kind":"wanted","scope":"vpc/a","epoch":4},{"kind":"floor","scope":"vpc/b","` +
      String.raw`incarnation":1,"epoch":5}]`,
  ),
]);

describe('the format of the state on disk', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vpcast-format-'));
    path = join(directory, 'state.journal');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const open = () => openFileJournal({ directory, logger: silentLogger }, () => []);

  it('is read by this version as 0.1.0 wrote it', async () => {
    await writeFile(path, FORMAT_1);
    const opened = await open();
    await opened.journal.close();
    expect(opened.cut).to.equal(false);
    expect(opened.effects).to.deep.equal(effects);
    const state = new HostState();
    for (const effect of opened.effects) state.apply(effect);
    expect(state.report('vpc/a')).to.include({ epoch: 4, needsSnapshot: true });
  });

  it('is written by this version as 0.1.0 reads it, to the byte', async () => {
    const { journal } = await open();
    await journal.append(effects);
    await journal.close();
    expect((await readFile(path)).toString('latin1')).to.equal(FORMAT_1.toString('latin1'));
  });

  it('refuses that of a version to come, and leaves it as it is', async () => {
    const file = Buffer.from(FORMAT_1);
    file.writeUInt32LE(2, 8);
    file.writeUInt32LE(crc32(file.subarray(0, 12)), 12);
    await writeFile(path, file);
    const refusal = await open().catch((error: unknown) => error);
    expect(refusal).to.include({ code: 'failed_precondition', message: 'the state is of format 2, not 1' });
    expect(await readFile(path)).to.deep.equal(file);
  });
});
