import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts, isFree } from '../free-ports.ts';

/**
 * The ports that belong to a data directory: chosen once, kept beside the data. A bookie's address is part of its
 * data, and clients that outlive a restart look for the service where it was.
 */
export async function portsOf(directory: string, count: number): Promise<number[]> {
  const file = join(directory, 'ports.json');
  if (!existsSync(file)) {
    const ports = await freePorts(count);
    await writeFile(file, JSON.stringify(ports));
    return ports;
  }
  const ports = JSON.parse(await readFile(file, 'utf8')) as number[];
  for (const port of ports)
    if (!(await isFree(port)))
      throw new Error(
        `port ${port} of ${directory} is taken: free it, or remove the directory to begin anew`,
      );
  return ports;
}
