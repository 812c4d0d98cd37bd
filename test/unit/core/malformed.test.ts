import { expect } from 'chai';
import { decodeBody, decodeHeader } from '../../../core/codec/envelope.ts';
import { decodeReport } from '../../../core/codec/report.ts';
import { decodeWork } from '../../../core/codec/work.ts';
import { PlatformError } from '../../../core/errors.ts';

function code(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return PlatformError.from(error).code;
  }
  return undefined;
}

const fence = { kind: 'fence', scope: 'vpc/v', host: 'h', epoch: '1', incarnation: '1' };
const resync = { kind: 'resync', scope: 'vpc/v', host: 'h', epoch: '1' };

describe('what no sender writes', () => {
  for (const text of [' 7', '0x10', '1e3', '+5', '-0', '1.0', '9'.repeat(17), '9007199254740993']) {
    it(`is refused as a number: ${JSON.stringify(text)}`, () => {
      expect(code(() => decodeHeader({ ...fence, epoch: text }))).to.equal('invalid_argument');
      expect(code(() => decodeWork({ ...resync, epoch: text }))).to.equal('invalid_argument');
    });
  }

  for (const scope of ['', '/', 'vpc', 'vpc/', '/v', 'foo/v', '__proto__/v', '}{/v', 'VPC/v']) {
    it(`is refused as a scope: ${JSON.stringify(scope)}`, () => {
      expect(code(() => decodeWork({ kind: 'dispatch', scope }))).to.equal('invalid_argument');
      const part = { scope, epoch: 1, incarnation: 1, revision: 1, failures: [], needsSnapshot: false };
      const left = { scope, epoch: 1, partition: 0, slot: 1 };
      for (const said of [
        { scopes: [part], left: [] },
        { scopes: [], left: [left] },
      ]) {
        const payload = Buffer.from(JSON.stringify({ host: 'h', sentAtMs: 1, ...said }));
        expect(code(() => decodeReport(payload))).to.equal('invalid_argument');
      }
    });
  }

  it('is refused as work: a resync for nobody, or at no epoch', () => {
    expect(code(() => decodeWork({ ...resync, host: '' }))).to.equal('invalid_argument');
    expect(code(() => decodeWork({ ...resync, epoch: '' }))).to.equal('invalid_argument');
    expect(code(() => decodeWork({ ...resync, epoch: '-1' }))).to.equal('invalid_argument');
    expect(decodeWork(resync)).to.deep.equal({ ...resync, epoch: 1 });
  });

  it('is refused as an assignment: anything but an object', () => {
    for (const assignment of ['x', 1, [], true, null]) {
      const payload = Buffer.from(`${JSON.stringify({ assignment })}\n`);
      expect(
        code(() => decodeBody(payload)),
        JSON.stringify(assignment),
      ).to.equal('invalid_argument');
    }
  });
});
