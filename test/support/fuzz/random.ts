import type { seeded } from '../random.ts';

export type Random = ReturnType<typeof seeded>;

/** From VPCAST_FUZZ_SEED, else another one each time; whoever uses it prints it. */
export function fuzzSeed(): number {
  const given = process.env['VPCAST_FUZZ_SEED'];
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
}

export function bytes(random: Random, max: number): Buffer {
  return Buffer.from(Array.from({ length: random.integer(0, max) }, () => random.integer(0, 255)));
}

/** Not JSON, whatever follows. */
export function noise(random: Random): Buffer {
  return Buffer.concat([Buffer.from([0xff]), bytes(random, 200)]);
}

/** The beginning of an object's text is never JSON. */
export function truncated(random: Random, text: Buffer): Buffer {
  return text.subarray(0, random.integer(0, text.length - 1));
}

/** One bit is different and the text is not JSON any more. */
export function flipped(random: Random, text: Buffer): Buffer {
  for (;;) {
    const copy = Buffer.from(text);
    const at = random.integer(0, copy.length - 1);
    copy[at] = (copy[at] ?? 0) ^ (1 << random.integer(0, 7));
    try {
      JSON.parse(copy.toString('utf8'));
    } catch {
      return copy;
    }
  }
}

/** No revision, epoch, part or turn. */
export const badNumbers = [
  ...[
    '-1',
    'NaN',
    'Infinity',
    '1e999',
    '1.5',
    '9007199254740993',
    'x',
    '',
    ' 7',
    '0x10',
    '1e3',
    '+5',
    '-0',
    '١',
  ],
  ...['null', '[]', '\u0000', '\ud800', '9'.repeat(5_000)],
];

/** The same as JSON values. */
export const badCounts: readonly unknown[] = [-1, 1.5, 1e300, '7', null, true, [], {}, '\ud800', 2 ** 53];

/** No object, or none that anybody asked for. */
export const badObjects: readonly unknown[] = [
  ...[0, 'text', true, [], [[]], [null], ['x', 1], '\ud800\udfff\udc00', 'x'.repeat(1_000)],
];

export function nested(random: Random): string {
  const depth = random.pick([100, 10_000, 100_000]);
  return random.pick([
    `${'['.repeat(depth)}${']'.repeat(depth)}`,
    `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`,
  ]);
}
