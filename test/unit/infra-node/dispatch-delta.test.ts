import { expect } from 'chai';
import { keys } from '../../../core/model/keys.ts';
import { readDelta } from '../../../infra-node/dispatch-delta.ts';
import { VpcFixture, vpcLane, vpcScope } from './vpc-fixture.ts';

describe('delta of a VPC', () => {
  const fixture = new VpcFixture();
  before(async () => {
    await fixture.createVpc();
    for (const id of ['a', 'b', 'c', 'd', 'e']) await fixture.bind(id, []);
    await fixture.write(vpcScope, (tx) => {
      tx.put(keys.copiesLane, vpcLane);
    });
    await fixture.bind('b', [], 'renamed');
  });

  const read = async (range: { after: number; through: number }, deltaRecords: number) => {
    const { from, records } = await readDelta(
      fixture.node({ changesPage: 2, deltaRecords }),
      vpcScope,
      range,
    );
    return { from, keys: records.map(({ key }) => key) };
  };

  it('has the resources that changed last in the range, page by page', async () => {
    expect(await read({ after: 2, through: 8 }, 10)).to.deep.equal({
      from: 2,
      keys: ['port/c', 'port/d', 'port/e', 'port/b'],
    });
    expect(await read({ after: 2, through: 6 }, 10)).to.deep.equal({
      from: 2,
      keys: ['port/c', 'port/d', 'port/e'],
    });
    expect(await read({ after: 8, through: 8 }, 10)).to.deep.equal({ from: 8, keys: [] });
  });

  it('begins later when there are more than the limit', async () => {
    expect(await read({ after: 1, through: 8 }, 2)).to.deep.equal({ from: 5, keys: ['port/e', 'port/b'] });
  });
});
