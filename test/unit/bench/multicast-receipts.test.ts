import { expect } from 'chai';
import { Gathering } from '../../../bench/multicast/gathering.ts';
import type { Received } from '../../../bench/multicast/messages.ts';
import { Receipts } from '../../../bench/multicast/receipts.ts';

describe('receipts of a process', () => {
  const told: Received[] = [];
  const receipts = (hosts: number): Receipts => new Receipts(hosts, (received) => told.push(received));

  beforeEach(() => {
    told.length = 0;
  });

  it('are told of as soon as all hosts have the multicast', () => {
    const three = receipts(3);
    three.add(7, 0, 10);
    three.add(7, 2, 30);
    expect(told).to.deep.equal([]);
    three.add(7, 1, 20);
    expect(told).to.deep.equal([
      { multicast: 7, part: 0, hosts: 3, duplicates: 0, firstAtMs: 10, sumOfMs: 60, lastAtMs: 30 },
    ]);
  });

  it('count a host once, by its first receipt', () => {
    const two = receipts(2);
    two.add(1, 0, 10);
    two.add(1, 0, 50);
    two.add(1, 1, 20);
    expect(told.map(({ hosts, duplicates, lastAtMs }) => ({ hosts, duplicates, lastAtMs }))).to.deep.equal([
      { hosts: 2, duplicates: 1, lastAtMs: 20 },
    ]);
  });

  it('are told of before that when asked, if there is something new', () => {
    const two = receipts(2);
    two.add(1, 0, 10);
    two.report();
    two.report();
    expect(told.map(({ multicast, hosts }) => ({ multicast, hosts }))).to.deep.equal([
      { multicast: 1, hosts: 1 },
    ]);
  });

  it('keep multicasts apart', () => {
    const one = receipts(1);
    one.add(2, 0, 10);
    one.add(1, 0, 11);
    expect(told.map(({ multicast }) => multicast)).to.deep.equal([2, 1]);
  });
});

describe('gathering of what the processes tell', () => {
  const received = (hosts: number, lastAtMs: number, of: Partial<Received> = {}): Received => ({
    multicast: 0,
    part: 0,
    hosts,
    duplicates: 0,
    firstAtMs: lastAtMs - 1,
    sumOfMs: hosts * lastAtMs,
    lastAtMs,
    ...of,
  });

  it('ends when all hosts of all processes have the multicast', async () => {
    const gathering = new Gathering(5);
    const gathered = gathering.untilReceived(0, 60_000);
    gathering.add(0, received(2, 100));
    gathering.add(1, received(3, 200));
    expect(await gathered).to.deep.equal({
      hosts: 5,
      duplicates: 0,
      firstAtMs: 99,
      meanAtMs: 160,
      lastAtMs: 200,
    });
  });

  it('takes the newest report of each part in place of the earlier', async () => {
    const gathering = new Gathering(4);
    gathering.add(0, received(1, 100));
    gathering.add(0, received(2, 110));
    gathering.add(0, received(2, 120, { part: 1 }));
    expect((await gathering.untilReceived(0, 60_000)).hosts).to.equal(4);
  });

  it('does not take one multicast for another', async () => {
    const gathering = new Gathering(1);
    gathering.add(0, received(1, 100, { multicast: 1 }));
    expect((await gathering.untilReceived(0, 1)).hosts).to.equal(0);
  });

  it('ends when the time is over, with those that have it', async () => {
    const gathering = new Gathering(5);
    gathering.add(0, received(2, 100));
    expect((await gathering.untilReceived(0, 1)).hosts).to.equal(2);
  });

  it('fails when a process fails, also if that was before', async () => {
    const gathering = new Gathering(1);
    const waiting = gathering.untilReceived(0, 60_000);
    gathering.fail(new Error('gone'));
    const outcomes = await Promise.allSettled([waiting, gathering.untilReceived(1, 60_000)]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
  });
});
