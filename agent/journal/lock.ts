import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { PlatformError } from '../../core/errors.ts';

export interface DirectoryLock {
  release(): Promise<void>;
}

/**
 * Keeps a second agent off the directory. The lock is a name in Linux's abstract socket namespace, made of the
 * directory's identity: the kernel frees it however the process ends, so there is never a stale one.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true });
  if (process.platform !== 'linux') return { release: () => Promise.resolve() };
  const { dev, ino } = await stat(directory);
  const server = createServer((socket) => socket.destroy());
  server.listen(`\0vpcast-state-${dev}-${ino}`);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new PlatformError('failed_precondition', `another agent uses the state directory ${directory}`, {
      cause,
    });
  }
  server.unref();
  return {
    release: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      }),
  };
}
