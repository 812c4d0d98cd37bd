import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { BusFixture, codeOf, Inbox, message } from './bus-fixture.ts';
import type { ClusterUnderTest } from './bus-fixture.ts';
import { describeGroups } from './bus-groups.ts';
import { describeReaders } from './bus-readers.ts';
import { describeSlots } from './bus-slots.ts';
import { describeTopics } from './bus-topics.ts';

export type { ClusterUnderTest, Connection } from './bus-fixture.ts';

/** What every messaging cluster has to do; `open` gives one for the whole suite. */
export function describeBusContract(name: string, open: () => Promise<ClusterUnderTest>): void {
  describe(`message bus: ${name}`, function () {
    this.timeout(60_000);
    let cluster: ClusterUnderTest | undefined;
    let current: BusFixture | undefined;
    const fixture = (): BusFixture => current!;

    before(async function () {
      this.timeout(180_000);
      cluster = await open();
      const [first, second] = await Promise.all([cluster.connect(), cluster.connect()]);
      await first.admin.prepare();
      current = new BusFixture(cluster.namespace, first, second);
    });

    afterEach(() => current?.cleanUp());

    after(async () => {
      await current?.first.close();
      await current?.second.close();
      await cluster?.close();
    });

    describe('slots', () => {
      describeSlots(fixture);
    });
    describe('groups', () => {
      describeGroups(fixture);
    });
    describe('readers', () => {
      describeReaders(fixture);
    });
    describe('topics', () => {
      describeTopics(fixture);
    });

    it('lets a process end whose bus was closed', async () => {
      await cluster?.expectExitAfterClose?.(fixture().newTopicName());
    });

    it('closes with a bus what was opened on it, and nothing else', async () => {
      const topic = await fixture().topic();
      const third = await cluster!.connect();
      const [closing, staying] = [new Inbox(), new Inbox()];
      await fixture().slot(topic, 7, closing.handler, { on: third });
      await fixture().slot(topic, 8, staying.handler);
      await third.bus.sendToSlot({ topic, partition: 0, slot: 7 }, message('a'));
      await eventually(() => {
        expect(closing.bodies).to.deep.equal(['a']);
      });
      await Promise.all([third.close(), third.close()]);
      expect(await codeOf(third.bus.sendToSlot({ topic, partition: 0, slot: 7 }, message('b')))).to.equal(
        'cancelled',
      );
      expect(await codeOf(fixture().slot(topic, 9, closing.handler, { on: third }))).to.equal('cancelled');
      await fixture().send(topic, 8, 'c');
      await eventually(() => {
        expect(staying.bodies).to.deep.equal(['c']);
      });
      const successor = new Inbox();
      await fixture().slot(topic, 7, successor.handler);
      await fixture().send(topic, 7, 'd');
      await eventually(() => {
        expect(successor.bodies).to.deep.equal(['d']);
      });
    });
  });
}
