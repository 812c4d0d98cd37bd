import { expect } from 'chai';
import fc from 'fast-check';
import { EMPTY_DIGEST, addToDigest, digestOf, takeFromDigest } from '../../../core/model/digest.ts';
import type { RecordKey } from '../../../core/store/port.ts';

const entry = fc.record({
  key: fc.string({ maxLength: 40 }).map((id): RecordKey => `port/${id}`),
  revision: fc.nat(),
});
const entries = fc.uniqueArray(entry, {
  maxLength: 50,
  selector: ({ key, revision }) => `${key}@${revision}`,
});

describe('digest', () => {
  it('does not depend on the order, nor on the way there', () => {
    fc.assert(
      fc.property(entries, entries, (kept, passing) => {
        let digest = EMPTY_DIGEST;
        for (const one of [...passing, ...kept]) digest = addToDigest(digest, one);
        for (const one of passing) digest = takeFromDigest(digest, one);
        expect(digest).to.equal(digestOf([...kept].reverse()));
      }),
    );
  });

  it('tells apart what differs in a key, a revision or the number of entries', () => {
    const one = { key: 'port/a', revision: 1 } as const;
    const others = [
      [],
      [{ ...one, revision: 2 }],
      [{ ...one, key: 'port/b' } as const],
      [one, { ...one, revision: 2 }],
    ];
    for (const other of others) expect(digestOf(other)).not.to.equal(digestOf([one]));
  });

  it('stays an exact whole number', () => {
    const many = Array.from({ length: 200_000 }, (_, revision) => ({ key: 'port/a' as const, revision }));
    const digest = digestOf(many);
    expect(Number.isSafeInteger(digest)).to.equal(true);
    expect(many.reduce(takeFromDigest, digest)).to.equal(EMPTY_DIGEST);
  });
});
