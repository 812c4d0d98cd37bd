/**
 * Order of the UTF-8 bytes, as in Redis. JavaScript compares UTF-16 units, which puts the characters beyond U+FFFF
 * before some that are smaller.
 */
export function compareText(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let index = 0; index < length; index++) {
    const a = one.charCodeAt(index);
    const b = other.charCodeAt(index);
    if (a !== b) return rank(a) - rank(b);
  }
  return one.length - other.length;
}

/** Lifts surrogates above the rest; between two of them the order is right as it is. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** Index of the first element for which `isBefore` does not hold; those for which it does come first. */
export function partitionPoint<T>(sorted: readonly T[], isBefore: (element: T) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const element = sorted[middle];
    if (element !== undefined && isBefore(element)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const largestChunk = 512;

/** A set of texts in order, in chunks: an insertion shifts one of them only. */
export class SortedTexts {
  /** None of them is empty. */
  readonly #chunks: string[][] = [];

  add(text: string): void {
    const index = this.#chunkOf(text);
    const chunk = this.#chunks[index];
    if (chunk === undefined) {
      this.#chunks.push([text]);
      return;
    }
    const at = positionIn(chunk, text);
    if (chunk[at] === text) return;
    chunk.splice(at, 0, text);
    if (chunk.length > largestChunk) this.#chunks.splice(index + 1, 0, chunk.splice(largestChunk / 2));
  }

  delete(text: string): void {
    const index = this.#chunkOf(text);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return;
    const at = positionIn(chunk, text);
    if (chunk[at] === text) chunk.splice(at, 1);
    if (chunk.length === 0) this.#chunks.splice(index, 1);
  }

  page(after: string, limit: number): string[] {
    const found: string[] = [];
    for (let index = this.#chunkOf(after); index < this.#chunks.length && found.length < limit; index++) {
      const chunk = this.#chunks[index] ?? [];
      const from = partitionPoint(chunk, (text) => compareText(text, after) <= 0);
      found.push(...chunk.slice(from, from + limit - found.length));
    }
    return found;
  }

  /** The last chunk that does not begin after the text. */
  #chunkOf(text: string): number {
    const next = partitionPoint(this.#chunks, ([first]) => compareText(first ?? '', text) <= 0);
    return Math.max(0, next - 1);
  }
}

function positionIn(chunk: readonly string[], text: string): number {
  return partitionPoint(chunk, (element) => compareText(element, text) < 0);
}
