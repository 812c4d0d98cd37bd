import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { PlatformError } from '../../core/errors.ts';
import type { Logger } from '../../core/logger.ts';
import { retry } from '../../core/retry.ts';
import type { Effect } from '../state.ts';
import { knownEffects } from './effects.ts';
import { HEADER_BYTES, encodeFileHeader, encodeFrame, scan } from './frames.ts';
import type { Journal, OpenedJournal } from './journal.ts';

export interface FileJournalOptions {
  readonly directory: string;
  readonly logger: Logger;
  /** Below this size a journal is left to grow; default 4 MiB. */
  readonly compactAboveBytes?: number;
}

const FILE = 'state.journal';

export async function openFileJournal(
  options: FileJournalOptions,
  live: () => Iterable<Effect>,
): Promise<OpenedJournal> {
  const { directory, logger } = options;
  await mkdir(directory, { recursive: true });
  const path = join(directory, FILE);
  await rm(`${path}.new`, { force: true });
  const bytes = await readOrNothing(path);
  const { values, goodBytes } = bytes === undefined ? { values: [], goodBytes: 0 } : scan(bytes);
  const cut = bytes !== undefined && goodBytes < bytes.length;
  if (cut) {
    logger.error('the end of the state is unreadable', {
      path,
      goodBytes,
      lostBytes: bytes.length - goodBytes,
    });
  }
  // Before anything of the file is changed: it may be that of a newer version.
  const effects = knownEffects(values.flat());
  const file = goodBytes === 0 ? await create(directory, path, [], bytes) : await openAt(path, goodBytes);
  return { journal: new FileJournal(options, file, live), effects, cut };
}

interface OpenFile {
  readonly handle: FileHandle;
  readonly bytes: number;
}

interface Waiting {
  readonly frame: Buffer;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** Group commit: what is appended while one write is under way shares the next one. */
class FileJournal implements Journal {
  readonly #options: FileJournalOptions;
  readonly #live: () => Iterable<Effect>;
  #file: OpenFile;
  /** Size after the last compaction: how large the live state is, roughly. */
  #liveBytes = 0;
  #waiting: Waiting[] = [];
  #last: Promise<void> = Promise.resolve();
  #writing: Promise<void> | undefined;
  readonly #stop = new AbortController();

  constructor(options: FileJournalOptions, file: OpenFile, live: () => Iterable<Effect>) {
    this.#options = options;
    this.#file = file;
    this.#live = live;
  }

  append(effects: readonly Effect[]): Promise<void> {
    const frame = encodeFrame(effects);
    this.#last = this.#stop.signal.aborted
      ? Promise.reject(closed())
      : new Promise((resolve, reject) => this.#waiting.push({ frame, resolve, reject }));
    // Whoever does not ask need not hear of it.
    this.#last.catch(() => undefined);
    this.#writing ??= this.#write();
    return this.#last;
  }

  flushed(): Promise<void> {
    return this.#last;
  }

  async close(): Promise<void> {
    this.#stop.abort(closed());
    await this.#writing;
    await this.#file.handle.close();
  }

  async #write(): Promise<void> {
    // One turn later, so that what is appended in the same one is in the first batch already.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#store(batch);
      } catch (error) {
        // Only close() ends the attempts.
        this.#options.logger.error('the state could not be written', { error });
        for (const { reject } of [...batch, ...this.#waiting]) reject(error);
        this.#waiting = [];
        break;
      }
      for (const { resolve } of batch) resolve();
    }
    this.#writing = undefined;
  }

  async #store(batch: readonly Waiting[]): Promise<void> {
    const { compactAboveBytes = 4 * 1024 * 1024, logger } = this.#options;
    const { handle, bytes } = this.#file;
    if (bytes > Math.max(compactAboveBytes, 2 * this.#liveBytes)) {
      await this.#compact();
      return;
    }
    try {
      const data = Buffer.concat(batch.map(({ frame }) => frame));
      await writeAll(handle, data, bytes);
      await handle.datasync();
      this.#file = { handle, bytes: bytes + data.length };
    } catch (error) {
      // What a failed sync left behind is anybody's guess: start a new file from what is in memory.
      logger.error('the state could not be appended to; it is written anew', { error });
      await this.#compact();
    }
  }

  /** Covers everything appended so far, since effects are part of the live state before they are appended. */
  async #compact(): Promise<void> {
    const { directory } = this.#options;
    const fresh = await retry(() => create(directory, join(directory, FILE), [...this.#live()]), {
      attempts: Infinity,
      baseMs: 100,
      signal: this.#stop.signal,
      retryIf: () => true,
    });
    const old = this.#file.handle;
    this.#file = fresh;
    this.#liveBytes = fresh.bytes;
    await old.close().catch(() => undefined);
  }
}

/** Writes a file under another name and moves it in place: it is there as a whole or not at all. */
async function create(
  directory: string,
  path: string,
  effects: readonly Effect[],
  unreadable?: Buffer,
): Promise<OpenFile> {
  // For whoever wants to know what happened.
  if (unreadable !== undefined) await rename(path, `${path}.unreadable`);
  const handle = await open(`${path}.new`, 'w+', 0o600);
  try {
    let bytes = 0;
    for (const frames of chunks(effects)) {
      await writeAll(handle, frames, bytes);
      bytes += frames.length;
    }
    await handle.datasync();
    await rename(`${path}.new`, path);
    await syncDirectory(directory);
    return { handle, bytes };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const CHUNK_BYTES = 1024 * 1024;

/** Encoded piece by piece, so that a large state does not hold everything else up. */
function* chunks(effects: readonly Effect[]): Generator<Buffer> {
  let page = [encodeFileHeader()];
  let bytes = HEADER_BYTES;
  for (const effect of effects) {
    const frame = encodeFrame([effect]);
    page.push(frame);
    bytes += frame.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(page);
    page = [];
    bytes = 0;
  }
  yield Buffer.concat(page);
}

async function openAt(path: string, bytes: number): Promise<OpenFile> {
  const handle = await open(path, 'r+');
  await handle.truncate(bytes);
  await handle.datasync();
  return { handle, bytes };
}

async function writeAll(handle: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let at = 0; at < data.length;) {
    at += (await handle.write(data, at, data.length - at, position + at)).bytesWritten;
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function readOrNothing(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function closed(): PlatformError {
  return new PlatformError('cancelled', 'the journal is closed');
}
