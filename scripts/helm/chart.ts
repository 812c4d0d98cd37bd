// The chart, its examples of values, and what helm says of them.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tryCommand } from '../services/command.ts';
import type { CommandResult } from '../services/command.ts';
import { ensureProgram } from './ensure.ts';

export const chart = fileURLToPath(new URL('../../helm/vpcast', import.meta.url));
export const examples = join(chart, 'ci');

/** `default-values.yaml`, ... */
export const exampleNames = async (): Promise<string[]> => (await readdir(examples)).sort();

export async function helm(...args: readonly string[]): Promise<CommandResult> {
  return tryCommand(await ensureProgram('helm'), args);
}

/** The manifests of these values, as YAML documents or (in an error) why there are none. */
export function render(values: string, ...args: readonly string[]): Promise<CommandResult> {
  return helm('template', 'release', chart, '--namespace', 'vpcast', '--values', values, ...args);
}
