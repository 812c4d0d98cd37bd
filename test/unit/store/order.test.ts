import { expect } from 'chai';
import fc from 'fast-check';
import { SortedTexts, compareText } from '../../../adapters/memory/store-order.ts';

/** Whole characters of all planes; half of a surrogate pair has no bytes in UTF-8. */
const text = fc.string({ unit: 'binary', maxLength: 6 });

describe('order of the memory store', () => {
  it('is that of the UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, text, (head, one, other) => {
        const [a, b] = [head + one, head + other];
        expect(Math.sign(compareText(a, b))).to.equal(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it('keeps a set in order through additions and removals', () => {
    const steps = fc.array(fc.tuple(fc.boolean(), fc.string({ maxLength: 2 })));
    fc.assert(
      fc.property(steps, fc.string({ maxLength: 2 }), fc.nat(5), (sequence, after, limit) => {
        const sorted = new SortedTexts();
        const plain = new Set<string>();
        for (const [isAddition, element] of sequence) {
          if (isAddition) {
            sorted.add(element);
            plain.add(element);
          } else {
            sorted.delete(element);
            plain.delete(element);
          }
        }
        const expected = [...plain].filter((element) => compareText(element, after) > 0).sort(compareText);
        expect(sorted.page(after, limit)).to.deep.equal(expected.slice(0, limit));
      }),
    );
  });

  it('keeps more than one chunk in order, and empties it again', () => {
    const texts = Array.from({ length: 5_000 }, (_, index) =>
      String((index * 1_237) % 5_000).padStart(4, '0'),
    );
    const inOrder = [...texts].sort();
    const sorted = new SortedTexts();
    for (const element of texts) sorted.add(element);
    expect(sorted.page('', 10_000)).to.deep.equal(inOrder);
    expect(sorted.page('0999', 1_500)).to.deep.equal(inOrder.slice(1_000, 2_500));
    for (const element of texts.slice(0, 4_990)) sorted.delete(element);
    expect(sorted.page('', 100)).to.deep.equal(texts.slice(4_990).sort());
    for (const element of texts) sorted.delete(element);
    sorted.add('again');
    expect(sorted.page('', 10)).to.deep.equal(['again']);
  });
});
