import { expect } from 'chai';
import { fromAddon, fromStatus } from '../../../adapters/pulsar/errors.ts';
import { readTopicStats } from '../../../adapters/pulsar/topic-stats.ts';

describe('what a broker says', () => {
  const topic = 'persistent://t/n/topic';
  const consumer = (fields: object) => ({ consumerName: 'h', unackedMessages: 3, ...fields });
  const stats = (...consumers: object[]) => ({
    msgInCounter: 12,
    metadata: { partitions: 2 },
    partitions: {
      [`${topic}-partition-1`]: { subscriptions: { hosts: { msgBacklog: 4, consumers } } },
      [`${topic}-partition-0`]: { subscriptions: { hosts: { msgBacklog: 1, consumers: [] } } },
    },
  });

  it('is read from the statistics of 4.x', () => {
    expect(readTopicStats(topic, stats(consumer({ keyHashRangeArrays: [[5, 5]] })))).to.deep.equal({
      partitions: 2,
      messagesIn: 12,
      subscriptions: {
        hosts: {
          backlog: 5,
          consumers: [{ topic, partition: 1, consumerName: 'h', ranges: [[5, 5]], unacknowledged: 3 }],
        },
      },
    });
  });

  it('is read from the texts of earlier versions', () => {
    const read = readTopicStats(topic, stats(consumer({ keyHashRanges: ['[0, 99]', '[200, 65535]'] })));
    const expected = [
      [0, 99],
      [200, 65535],
    ];
    expect(read.subscriptions['hosts']?.consumers[0]?.ranges).to.deep.equal(expected);
  });

  it('is nothing where fields are missing', () => {
    for (const body of [undefined, 'text', {}, { partitions: { x: null } }]) {
      expect(readTopicStats(topic, body)).to.deep.equal({ partitions: 0, messagesIn: 0, subscriptions: {} });
    }
  });

  it('becomes an error of ours', () => {
    const code = (text: string) => fromAddon(new Error(text), 'test').code;
    expect(code('Failed to create consumer: ResultConsumerAssignError')).to.equal('failed_precondition');
    expect(code('Failed to create consumer: ConsumerBusy')).to.equal('failed_precondition');
    expect(code('Failed to create producer: TopicNotFound')).to.equal('not_found');
    expect(code('Failed to send message: TimeOut')).to.equal('unavailable');
    expect(code('Failed to receive message: AlreadyClosed')).to.equal('cancelled');
    expect(code('whatever')).to.equal('internal');
    expect(fromStatus(503, 'GET', '').retryable).to.equal(true);
    expect(fromStatus(403, 'GET', '').code).to.equal('permission_denied');
    expect(fromStatus(412, 'PUT', 'Subscription Busy: Failed to fence').retryable).to.equal(true);
  });
});
