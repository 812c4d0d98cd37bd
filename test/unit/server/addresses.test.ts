import { expect } from 'chai';
import fc from 'fast-check';
import {
  containsAddress,
  containsRange,
  defaultPools,
  firstUsable,
  fromNumber,
  inRange,
  overlap,
  toNumber,
} from '../../../server/addresses.ts';
import { ip } from '../../../server/fields.ts';

describe('addresses', () => {
  it('are numbers and back, in the canonical text of the fields', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const canonical = ip('ip', text);
        const family = canonical.includes(':') ? 6 : 4;
        expect(fromNumber(toNumber(canonical), family)).to.equal(canonical);
      }),
    );
  });

  it('compare as ranges', () => {
    expect(overlap('10.0.0.0/8', '10.255.0.0/16')).to.equal(true);
    expect(overlap('10.0.0.0/9', '10.128.0.0/9')).to.equal(false);
    expect(overlap('0.0.0.0/0', '::/0')).to.equal(false);
    expect(containsRange('10.0.0.0/8', '10.0.0.0/8')).to.equal(true);
    expect(containsRange('10.0.0.0/9', '10.0.0.0/8')).to.equal(false);
    expect(containsAddress('fd00::/64', 'fd00::ffff:ffff:ffff:ffff')).to.equal(true);
    expect(containsAddress('fd00::/64', 'fd00:0:0:1::')).to.equal(false);
    expect(containsAddress('::/0', '10.0.0.1')).to.equal(false);
    expect(inRange({ start: '10.0.0.9', end: '10.0.0.10' }, '10.0.0.10')).to.equal(true);
  });

  it('of small ranges are all usable', () => {
    expect(firstUsable('10.0.0.0/30')).to.equal('10.0.0.1');
    expect(firstUsable('10.0.0.0/31')).to.equal('10.0.0.0');
    expect(firstUsable('10.0.0.7/32')).to.equal('10.0.0.7');
    expect(firstUsable('fd00::/64')).to.equal('fd00::1');
    expect(defaultPools('10.0.0.0/31', '10.0.0.0')).to.deep.equal([{ start: '10.0.0.1', end: '10.0.0.1' }]);
    expect(defaultPools('10.0.0.7/32', '10.0.0.7')).to.deep.equal([]);
    expect(defaultPools('10.0.0.0/30', '')).to.deep.equal([{ start: '10.0.0.1', end: '10.0.0.2' }]);
  });
});
