import { expect } from 'chai';
import fc from 'fast-check';
import { decodeBody } from '../../../core/codec/envelope.ts';
import { entryFor, project } from '../../../core/model/view.ts';
import type { StoredRecord } from '../../../core/store/port.ts';
import { EncodedEntries } from '../../../infra-node/encoded-entries.ts';
import type { Payloads } from '../../../infra-node/encoded-entries.ts';
import { port, vpcLane } from './vpc-fixture.ts';

const hosts = ['h0', 'h1', 'h2', 'h3'];
const records = fc
  .array(fc.option(fc.uniqueArray(fc.constantFrom(...hosts), { maxLength: 2 }), { nil: undefined }))
  .map((each) =>
    each.map((on, i): StoredRecord => ({
      key: `port/${i}`,
      revision: i + 1,
      body: on === undefined ? undefined : JSON.stringify(port(String(i), on, 'ü'.repeat(i % 50))),
    })),
  );

const allOf = (payloads: Payloads): Buffer[] =>
  Array.from({ length: payloads.parts }, (_, part) => payloads.payload(part));

describe('encoded entries', () => {
  it('give each host its own form of every entry, in order, however they are split', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 5_000 }), fc.boolean(), (input, maxBytes, removals) => {
        const projections = input.map(project);
        const encoded = new EncodedEntries(projections, { maxBytes, removals });
        for (const host of hosts) {
          const bodies = allOf(encoded.for(host)).map(decodeBody);
          const wanted = projections
            .flatMap((projection) => entryFor(projection, host) ?? [])
            .filter(({ body }) => removals || body !== undefined);
          expect(bodies.flatMap(({ entries }) => entries)).to.deep.equal(wanted);
        }
      }),
    );
  });

  it('are one buffer for all hosts that have no local form in it', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 5_000 }), (input, maxBytes) => {
        const encoded = new EncodedEntries(input.map(project), { maxBytes, removals: true });
        expect(allOf(encoded.for('x'))).to.have.ordered.members(allOf(encoded.for('y')));
      }),
    );
  });

  it('carry an assignment in the first part, alone if there are more', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 5_000 }), (input, maxBytes) => {
        const assignment = {
          ...{ hostId: 'h0', partition: 0, slot: 1, epoch: 1, vpcId: 'v', lane: vpcLane },
          state: 'member' as const,
        };
        const encoded = new EncodedEntries(input.map(project), { maxBytes, removals: false });
        const plain = allOf(encoded.for('h0')).map(decodeBody);
        const [first, ...rest] = allOf(encoded.for('h0', assignment)).map(decodeBody);
        expect(first?.assignment).to.deep.equal(assignment);
        if (rest.length === 0) expect(first?.entries).to.deep.equal(plain[0]?.entries);
        else expect(rest).to.deep.equal(plain);
      }),
    );
  });

  it('keep parts within the limit, but for a single entry above it', () => {
    fc.assert(
      fc.property(records, fc.integer({ min: 1, max: 5_000 }), (input, maxBytes) => {
        const encoded = new EncodedEntries(input.map(project), { maxBytes, removals: true });
        for (const payload of hosts.flatMap((host) => allOf(encoded.for(host)))) {
          const isSingle = decodeBody(payload).entries.length <= 1;
          expect(isSingle || payload.length <= maxBytes + '{}\n'.length).to.be.true;
        }
      }),
    );
  });
});
