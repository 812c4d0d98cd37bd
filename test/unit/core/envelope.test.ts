import { expect } from 'chai';
import fc from 'fast-check';
import { encodeEntry } from '../../../core/codec/entries.ts';
import { decodeBody, decodeHeader, encodeHeader, packPayloads } from '../../../core/codec/envelope.ts';
import type { Header } from '../../../core/codec/envelope.ts';
import { PlatformError } from '../../../core/errors.ts';
import type { Assignment } from '../../../core/model/resources.ts';
import type { Entry } from '../../../core/model/view.ts';

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const stamp = {
  scope: fc.constantFrom('vpc/v1' as const, 'host/h.1_x' as const),
  host: fc.string({ minLength: 1 }),
  epoch: count,
  incarnation: count,
};
const part = { turn: fc.nat(), part: fc.nat({ max: 9 }), parts: fc.integer({ min: 10, max: 20 }) };
const header: fc.Arbitrary<Header> = fc.oneof(
  fc.record({
    kind: fc.constant('changes' as const),
    ...stamp,
    from: count,
    to: count,
    ask: fc.boolean(),
    ...part,
  }),
  fc.record({ kind: fc.constant('snapshot' as const), ...stamp, to: count, ...part }),
  fc.record({ kind: fc.constant('fence' as const), ...stamp }),
);

const entry: fc.Arbitrary<Entry> = fc.record({
  key: fc.string().map((id) => `port/${id}` as const),
  revision: count,
  body: fc.option(
    fc
      .dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.constant(null)))
      .map((value) => JSON.stringify(value)),
    { nil: undefined },
  ),
});

const assignment: Assignment = {
  hostId: 'h',
  partition: 1,
  slot: 2,
  epoch: 3,
  vpcId: 'v',
  lane: { cluster: 'c', topic: 't', partitions: 4 },
  state: 'member',
};

function failure(call: () => unknown): PlatformError | undefined {
  try {
    call();
  } catch (error) {
    return PlatformError.from(error);
  }
  return undefined;
}

describe('envelope', () => {
  it('carries a header through properties', () => {
    fc.assert(
      fc.property(header, (each) => {
        expect(decodeHeader(encodeHeader(each))).to.deep.equal(each);
      }),
    );
  });

  it('refuses a header with anything missing or wrong', () => {
    const good = encodeHeader({
      ...{ kind: 'changes', scope: 'vpc/v', host: 'h', epoch: 1, incarnation: 1 },
      ...{ from: 2, to: 3, ask: false, turn: 1, part: 0, parts: 1 },
    });
    for (const name of Object.keys(good)) {
      const rest = Object.fromEntries(Object.entries(good).filter(([other]) => other !== name));
      expect(failure(() => decodeHeader(rest))?.code, name).to.equal('invalid_argument');
    }
    for (const wrong of [
      { kind: 'news' },
      { epoch: '-1' },
      { to: '1.5' },
      { from: 'x' },
      { part: '1' },
      { parts: '0' },
    ]) {
      expect(failure(() => decodeHeader({ ...good, ...wrong }))?.code, JSON.stringify(wrong)).to.equal(
        'invalid_argument',
      );
    }
  });

  it('carries entries as they are, in any number of payloads', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.integer({ min: 1, max: 500 }), (entries, maxBytes) => {
        const payloads = packPayloads(entries.map(encodeEntry), undefined, maxBytes);
        expect(payloads.flatMap((payload) => decodeBody(payload).entries)).to.deep.equal(entries);
        for (const payload of payloads) {
          const isSingle = decodeBody(payload).entries.length <= 1;
          expect(isSingle || payload.length <= maxBytes + '{}\n'.length).to.be.true;
        }
      }),
    );
  });

  it('puts an assignment into the first payload', () => {
    const entries = ['a', 'b', 'c'].map((id) => encodeEntry({ key: `port/${id}`, revision: 1, body: '{}' }));
    const [first, ...rest] = packPayloads(entries, assignment, 10).map(decodeBody);
    expect(first?.assignment).to.deep.equal(assignment);
    expect(rest.map((body) => body.assignment)).to.deep.equal([undefined, undefined]);
    expect(decodeBody(packPayloads([], assignment)[0] ?? Buffer.alloc(0))).to.deep.equal({
      entries: [],
      assignment,
    });
  });

  it('makes one empty payload of no entries', () => {
    const payloads = packPayloads([]);
    expect(payloads.map((payload) => decodeBody(payload))).to.deep.equal([{ entries: [] }]);
  });

  it('refuses a payload that is not of its making', () => {
    for (const text of [
      ...['', '\n', '[]\n', '{}', 'null\n', '{"assignment":1}\n'],
      ...['{}\na/b\t1\t{}', '{}\na/b\t1\n', '{}\na/b\n', '{}\n\n', '{}\n\t1\t{}\n', '{}\na/b\t\t{}\n'],
      ...['{}\na/b\t-1\t{}\n', '{}\na/b\t1.5\t{}\n', '{}\na/b\t9007199254740993\t{}\n', '{}\na/b\t1{}\t\n'],
    ]) {
      expect(failure(() => decodeBody(Buffer.from(text)))?.code, text).to.equal('invalid_argument');
    }
  });

  it('leaves bodies alone', () => {
    const entries: Entry[] = [
      { key: 'port/p', revision: 1, body: '{"broken' },
      { key: 'port/q', revision: 2, body: undefined },
    ];
    expect(decodeBody(packPayloads(entries.map(encodeEntry))[0]!).entries).to.deep.equal(entries);
  });
});
