import { rename, rm, writeFile } from 'node:fs/promises';

/** Tells whoever started the process that it is ready, and where. The file is there as a whole or not at all. */
export async function writeReadyFile(
  path: string,
  content: Readonly<Record<string, unknown>>,
): Promise<void> {
  const draft = `${path}.${process.pid}.tmp`;
  await writeFile(draft, `${JSON.stringify(content)}\n`);
  await rename(draft, path);
}

export async function removeReadyFile(path: string): Promise<void> {
  await rm(path, { force: true });
}
