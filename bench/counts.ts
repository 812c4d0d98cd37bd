import { parseArgs } from 'node:util';
import { UsageError, count } from './usage.ts';

/** The whole numbers that an experiment takes, by the option's name in camel case. */
export type Counts = Readonly<Record<string, readonly [byDefault: number, min: number, max: number]>>;

/** With `--json`, which all experiments take. */
export function readCounts<Of extends Counts>(
  args: readonly string[],
  counts: Of,
): { readonly json: boolean } & { readonly [Name in keyof Of]: number } {
  const names = Object.keys(counts) as (keyof Of & string)[];
  const values = parse(args, names.map(kebab));
  const numbers = names.map((name) => {
    const [byDefault, min, max] = counts[name]!;
    const text = values[kebab(name)];
    return [name, typeof text === 'string' ? count(kebab(name), text, min, max) : byDefault] as const;
  });
  return { ...(Object.fromEntries(numbers) as Record<keyof Of, number>), json: values['json'] === true };
}

function parse(args: readonly string[], names: readonly string[]): Record<string, unknown> {
  const options = Object.fromEntries(names.map((name) => [name, { type: 'string' } as const]));
  try {
    return parseArgs({ args: [...args], options: { ...options, json: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
