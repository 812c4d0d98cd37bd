import { expect } from 'chai';
import { sendAgain } from '../../../infra-node/passes/send-again.ts';
import { VpcFixture, topics, vpcScope } from './vpc-fixture.ts';

describe('counting as sent what was reported', () => {
  it('holds who has reported less than it was sent, and changes nothing for others', async () => {
    const fixture = new VpcFixture();
    const { store } = fixture;
    const node = fixture.node();
    await fixture.createVpc();
    const { token } = await store.beginDispatch(vpcScope);
    const hosts = ['less', 'all', 'more', 'nothing', 'of another epoch'];
    const sent = new Map(hosts.map((host) => [host, 7]));
    await store.advance({ scope: vpcScope, token, dispatched: 9, sent });
    for (const [host, revision, epoch] of [
      ['less', 5, 1],
      ['all', 7, 1],
      ['more', 8, 1],
      ['of another epoch', 7, 2],
    ] as const) {
      await fixture.report(vpcScope, host, { epoch, incarnation: 1, revision });
    }
    await sendAgain(
      node,
      vpcScope,
      hosts.map((hostId) => ({ hostId, epoch: 1 })),
    );
    expect(await store.sent(vpcScope, hosts)).to.deep.equal([5, 7, 7, 0, 0]);
    expect((await store.status(vpcScope)).dispatched).to.equal(9);
    expect(fixture.east.works(topics.work)).to.deep.equal([{ kind: 'resume', scope: vpcScope }]);
    expect(await store.advance({ scope: vpcScope, token, dispatched: 10, sent: new Map() })).to.be.false;
  });

  it('counts the less of a host that has two slots while it is moved', async () => {
    const fixture = new VpcFixture();
    const { store } = fixture;
    await fixture.createVpc();
    const { token } = await store.beginDispatch(vpcScope);
    await store.advance({ scope: vpcScope, token, dispatched: 9, sent: new Map([['h', 7]]) });
    await fixture.report(vpcScope, 'h', { epoch: 9, incarnation: 1, revision: 5 });
    const slots = [10, 9].map((epoch) => ({ hostId: 'h', epoch }));
    await sendAgain(fixture.node(), vpcScope, slots);
    expect(await store.sent(vpcScope, ['h'])).to.deep.equal([0]);
  });
});
