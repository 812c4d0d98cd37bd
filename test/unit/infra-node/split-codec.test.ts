import { expect } from 'chai';
import fc from 'fast-check';
import { project } from '../../../core/model/view.ts';
import { EncodedEntries } from '../../../infra-node/encoded-entries.ts';
import type { Payloads } from '../../../infra-node/encoded-entries.ts';
import { cut } from '../../../infra-node/split/chunk.ts';
import type { CopyTask, HostCopy } from '../../../infra-node/split/chunk.ts';
import { decodeChunk, encodeChunk } from '../../../infra-node/split/codec.ts';
import { port, vpcLane, vpcScope } from './vpc-fixture.ts';

const hosts = ['h0', 'h1', 'h2', 'h3', 'h4'];
const stamp = { scope: vpcScope, turn: 7, incarnation: 2, to: 40, lane: vpcLane, sinceMs: 5 };
const copies = hosts.map((hostId, n): HostCopy => ({
  member: { hostId, partition: n % 2, slot: 100 + n, epoch: 1 + n },
  from: 30 + n,
  ask: n === 3,
}));

/** Ports on up to two of the hosts, or removed, with names of any length. */
const entries = fc
  .tuple(
    fc.array(
      fc.record({
        on: fc.option(fc.uniqueArray(fc.constantFrom(...hosts), { maxLength: 2 }), { nil: undefined }),
        name: fc.string({ unit: 'grapheme', maxLength: 40 }),
      }),
      { maxLength: 12 },
    ),
    fc.integer({ min: 1, max: 4_000 }),
  )
  .map(([ports, maxBytes]) => {
    const records = ports.map(({ on, name }, n) => ({
      key: `port/${n}` as const,
      revision: 31 + n,
      body: on === undefined ? undefined : JSON.stringify(port(String(n), on, name)),
    }));
    return new EncodedEntries(records.map(project), { maxBytes, removals: true });
  });

const allOf = (payloads: Payloads): string[] =>
  Array.from({ length: payloads.parts }, (_, part) => payloads.payload(part).toString('latin1'));

describe('chunks of a large task', () => {
  it('carry the very bytes that each of their hosts would get, and all that is to be said to it', () => {
    fc.assert(
      fc.property(entries, fc.integer({ min: 1, max: 5 }), (of, size) => {
        const task: CopyTask = { ...stamp, entries: of };
        const chunks = cut(task, copies, size).map((chunk) => decodeChunk(encodeChunk('x/1', chunk).payload));
        expect(chunks.flatMap((chunk) => chunk.copies)).to.deep.equal(copies);
        for (const { entries: carried, copies: ofChunk, ...rest } of chunks) {
          expect(rest).to.deep.equal(stamp);
          for (const { member } of ofChunk) {
            expect(allOf(carried.for(member.hostId))).to.deep.equal(allOf(of.for(member.hostId)));
          }
        }
      }),
    );
  });

  it('share the bytes that most hosts get, and carry of the others what differs', () => {
    const bodies = Array.from({ length: 50 }, (_, n) => ({
      key: `port/${n}` as const,
      revision: n,
      body: JSON.stringify(port(String(n), [`h${n}`], 'x'.repeat(200))),
    }));
    const of = new EncodedEntries(bodies.map(project), { maxBytes: 1_000_000, removals: true });
    const [chunk] = cut({ ...stamp, entries: of }, copies, 5);
    const { length } = encodeChunk('x/1', chunk!).payload;
    const shared = of.for('nobody').payload(0).length;
    expect(length).to.be.lessThan(shared + 5 * 1_000);
  });

  it('are refused when they say something else than they hold', () => {
    const of = new EncodedEntries([], { maxBytes: 100, removals: true });
    const [chunk] = cut({ ...stamp, entries: of }, copies, 5);
    const { payload } = encodeChunk('x/1', chunk!);
    const head = JSON.parse(payload.subarray(0, payload.indexOf('\n')).toString()) as object;
    const body = payload.subarray(payload.indexOf('\n'));
    const withHead = (other: object): Buffer => Buffer.concat([Buffer.from(JSON.stringify(other)), body]);
    expect(decodeChunk(withHead(head)).copies).to.have.length(5);
    const wrong = [
      Buffer.alloc(0),
      Buffer.from('{'),
      payload.subarray(0, -1),
      Buffer.concat([payload, Buffer.from('x')]),
      ...[
        { ...head, scope: 'x' },
        { ...head, turn: -1 },
        { ...head, lane: { cluster: 'east' } },
        { ...head, pages: [] },
        { ...head, copies: [['h0', 0, 1, 1, 2]] },
        { ...head, copies: [['', 0, 1, 1, 2, 0]] },
        { ...head, splices: [['h0', 0, 0, '1', 0]] },
      ].map(withHead),
    ];
    for (const bytes of wrong) {
      expect(() => decodeChunk(bytes), bytes.toString()).to.throw('chunk');
    }
  });
});
