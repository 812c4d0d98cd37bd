import { expect } from 'chai';
import type { TopicStats } from '../../../core/messaging/port.ts';
import { infraChecks } from '../../../infra-node/health.ts';

describe('readiness of an infrastructure node', () => {
  const stats = (names: readonly (readonly [name: string, partition: number])[]): TopicStats => ({
    partitions: 2,
    messagesIn: 0,
    subscriptions: {
      infra: {
        backlog: 0,
        consumers: names.map(([consumerName, partition]) => {
          return { consumerName, topic: 't', partition, ranges: [], unacknowledged: 0 };
        }),
      },
    },
  });

  async function work(name: string | undefined, found: TopicStats): Promise<string> {
    const checks = infraChecks(
      { ping: () => Promise.resolve() },
      () => Promise.resolve(found),
      () => name,
    );
    return checks.work().then(
      () => 'ok',
      (error: unknown) => String(error),
    );
  }

  it('is that the broker has its consumers, on every partition', async () => {
    expect(await work(undefined, stats([]))).to.contain('not started yet');
    const half = stats([
      ['n1', 0],
      ['n2', 1],
    ]);
    expect(await work('n1', half)).to.contain('listening to 1 of 2 work partitions');
    const whole = stats([
      ['n1', 0],
      ['n1', 1],
    ]);
    expect(await work('n1', whole)).to.equal('ok');
  });
});
