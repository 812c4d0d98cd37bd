import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nowMs } from '../open-loop.ts';

/** Megabytes (of 1,000,000 bytes). */
export interface MemorySample {
  readonly at_s: number;
  readonly rss_mb: number;
  readonly heap_mb: number;
  /** Buffers outside the heap. */
  readonly external_mb: number;
}

/** For a Node process, so that it tells of its memory in the directory. */
export function memoryEnvironment(directory: string): Record<string, string> {
  const script = new URL('memory-file.mjs', import.meta.url);
  return { NODE_OPTIONS: `--import ${fileURLToPath(script)}`, VPCAST_BENCH_MEMORY: directory };
}

/** Looks at a process now and then until it is stopped. */
export function watchMemory(
  directory: string,
  pid: number,
  { everyMs, onFailure }: { readonly everyMs: number; readonly onFailure: (error: Error) => void },
): () => readonly MemorySample[] {
  const samples: MemorySample[] = [];
  const beganMs = nowMs();
  const look = async (): Promise<void> => {
    const text = await readFile(join(directory, `${pid}.json`), 'utf8');
    const { rss, heapUsed, external } = JSON.parse(text) as NodeJS.MemoryUsage;
    const [rss_mb, heap_mb, external_mb] = [rss, heapUsed, external].map(
      (bytes) => Math.round(bytes / 1e5) / 10,
    );
    const at_s = Math.round((nowMs() - beganMs) / 100) / 10;
    samples.push({ at_s, rss_mb: rss_mb!, heap_mb: heap_mb!, external_mb: external_mb! });
  };
  const timer = setInterval(() => {
    look().catch(onFailure);
  }, everyMs);
  return () => {
    clearInterval(timer);
    return samples;
  };
}
