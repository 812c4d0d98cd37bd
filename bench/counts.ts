import { count, parseOptions } from './usage.ts';

/** The whole numbers that an experiment takes, by the option's name in camel case. */
export type Counts = Readonly<Record<string, readonly [byDefault: number, min: number, max: number]>>;

/** With `--json`, which all experiments take. */
export function readCounts<Of extends Counts>(
  args: readonly string[],
  counts: Of,
): { readonly json: boolean } & { readonly [Name in keyof Of]: number } {
  const names = Object.keys(counts) as (keyof Of & string)[];
  const options = Object.fromEntries(names.map((name) => [kebab(name), { type: 'string' } as const]));
  const values: Record<string, unknown> = parseOptions(args, { ...options, json: { type: 'boolean' } });
  const numbers = names.map((name) => {
    const [byDefault, min, max] = counts[name]!;
    const text = values[kebab(name)];
    return [name, typeof text === 'string' ? count(kebab(name), text, min, max) : byDefault] as const;
  });
  return { ...(Object.fromEntries(numbers) as Record<keyof Of, number>), json: values['json'] === true };
}

function kebab(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
