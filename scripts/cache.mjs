// The download cache shared by every checkout, and the lock that keeps two processes from filling it at once.
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** VPCAST_CACHE_DIR, else vpcast under the XDG cache directory. */
export function cacheDirectory(...segments) {
  const root =
    process.env.VPCAST_CACHE_DIR || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'vpcast');
  return resolve(root, ...segments);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

async function isStale(file) {
  try {
    const holder = await readFile(file, 'utf8');
    if (holder !== '') return !isAlive(Number(holder));
    return Date.now() - (await stat(file)).mtimeMs > 10_000; // died between making the file and writing to it
  } catch {
    return false; // released meanwhile
  }
}

async function removeIfStale(file) {
  if (!(await isStale(file))) return;
  // Only one of the waiters that see the dead holder gets the file; the others find it gone and queue up again.
  const taken = `${file}.stale-${process.pid}`;
  await rename(file, taken).then(
    () => rm(taken, { force: true }),
    () => undefined,
  );
}

/** Runs `action` while holding `file`; a holder that died is passed over. */
export async function withLock(file, action) {
  await mkdir(dirname(file), { recursive: true });
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      await removeIfStale(file);
      await delay(100);
    }
  }
  try {
    return await action();
  } finally {
    await rm(file, { force: true });
  }
}

/** Fills `directory` once: `fill` works in a staging directory, which takes the final name only when complete. */
export async function fillOnce(directory, fill) {
  if (existsSync(directory)) return directory;
  return withLock(`${directory}.lock`, async () => {
    if (existsSync(directory)) return directory;
    const staging = `${directory}.part`; // a leftover of a killed process: the lock says nobody else is using it
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    try {
      await fill(staging);
      await rename(staging, directory);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
    return directory;
  });
}
