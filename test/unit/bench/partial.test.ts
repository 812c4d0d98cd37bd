import { expect } from 'chai';
import { CopiesLog } from '../../../bench/partial/copies-log.ts';
import { partialFigures } from '../../../bench/partial/figures.ts';
import { SeenCopies } from '../../../bench/partial/seen-copies.ts';
import type { IncomingMessage, MessageBus, MessageHandler } from '../../../core/messaging/port.ts';

describe('partial audience: what came in', () => {
  const message = (to: number, payload: string, kind = 'changes') =>
    ({
      properties: { kind, scope: 'vpc/v', to: String(to) },
      payload: Buffer.from(payload),
    }) as unknown as IncomingMessage;

  it('tells copies from those that are empty, by the revision at which they end', async () => {
    let handler: MessageHandler | undefined;
    const seen = new SeenCopies();
    const bus = seen.watch({
      subscribeSlot: (options: { handler: MessageHandler }) => {
        handler = options.handler;
        return Promise.resolve({ close: () => Promise.resolve() });
      },
    } as unknown as MessageBus);
    await bus.subscribeSlot({ handler: () => Promise.resolve() } as never);
    await handler!(message(3, '{}\nsecurity-group/g\t3\t{}\n'));
    await handler!(message(3, '{}\n'));
    await handler!(message(4, '{}\n'));
    await handler!(message(5, '', 'fence'));
    const tallies = seen.take().map(([revision, copies, bytes, , empty]) => [revision, copies, bytes, empty]);
    expect(tallies).to.deep.equal([
      [3, 1, 25, 1],
      [4, 0, 0, 1],
    ]);
    expect(seen.take()).to.deep.equal([]);
  });

  it('is put together from what each process said last', () => {
    const log = new CopiesLog();
    log.add(0, [[3, 1, 40, 10, 0]]);
    log.add(0, [[3, 2, 80, 20, 0]]);
    log.add(1, [
      [3, 1, 40, 15, 5],
      [7, 9, 9, 99, 9],
    ]);
    expect(log.between(2, 3)).to.deep.equal({ copies: 3, bytes: 120, lastAtMs: 20, empty: 5 });
    expect(log.between(3, 6).copies).to.equal(0);
  });

  it('is compared pair by pair', () => {
    const round = (copies: number, seconds: number) => ({
      ...{ copies, seconds, empty: 2 * copies, bytes: 300 * copies, processor: { Pulsar: copies / 1e4 } },
    });
    const pairs = [
      { vpcast: round(100, 1), bare: round(100, 0.5) },
      { vpcast: round(100, 1), bare: round(100, 1) },
      { vpcast: round(100, 1), bare: round(90, 1) },
    ];
    const given = { hosts: 10, audience: 2, bursts: 5 } as never;
    const { ratio, ratio_range, empty_per_copy, copies_per_burst, vpcast_cpu_us_per_copy } = partialFigures(
      pairs,
      given,
    );
    expect({ ratio, ratio_range, empty_per_copy, copies_per_burst, vpcast_cpu_us_per_copy }).to.deep.equal({
      ...{ ratio: 1, ratio_range: [0.5, 1.111], empty_per_copy: 2, copies_per_burst: 20 },
      vpcast_cpu_us_per_copy: { Pulsar: 100 },
    });
  });
});
