import { expect } from 'chai';
import { readHeader, writeHeader } from '../../../adapters/pulsar/header.ts';

const message = (properties: Record<string, string>) => ({ getProperties: () => properties });

describe('header of a message on Pulsar', () => {
  it('brings the properties through one of the broker’s', () => {
    const properties = { kind: 'changes', scope: 'vpc/a', note: 'a "quoted" word, ü and\na new line' };
    const written = writeHeader(properties);
    expect(Object.keys(written)).to.have.length(1);
    expect(readHeader(message(written))).to.deep.equal(properties);
  });

  it('is empty for what somebody else sent', () => {
    const [name = ''] = Object.keys(writeHeader({}));
    const texts = [
      '',
      'not JSON',
      'null',
      '[]',
      '"text"',
      '{"kind":1}',
      '{"kind":null}',
      '{"kind":["changes"]}',
    ];
    for (const text of texts) expect(readHeader(message({ [name]: text })), text).to.deep.equal({});
    expect(readHeader(message({ kind: 'changes', scope: 'vpc/a' }))).to.deep.equal({});
  });
});
