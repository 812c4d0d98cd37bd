import { expect } from 'chai';
import { countIn } from '../../../bench/connections.ts';
import { clients } from '../../../bench/multicast/clients/all.ts';
import { designs } from '../../../bench/multicast/designs/all.ts';
import type { Carrier, Point, Session } from '../../../bench/multicast/design.ts';
import { figuresOf } from '../../../bench/multicast/figures.ts';
import type { Gathered } from '../../../bench/multicast/gathering.ts';
import { measurePoint } from '../../../bench/multicast/measure.ts';
import type { Measured } from '../../../bench/multicast/measure.ts';
import { readMulticastOptions } from '../../../bench/multicast/options.ts';
import { decodePayload, encodePayload, PAYLOAD_BYTES } from '../../../bench/multicast/payload.ts';
import { monotonicMs } from '../../../bench/monotonic.ts';
import { UsageError } from '../../../bench/usage.ts';

describe('command line of the multicast bench', () => {
  it('has all designs and two points by default', () => {
    const { designs: chosen, hosts, rounds } = readMulticastOptions([]);
    expect({ chosen, hosts, rounds }).to.deep.equal({
      chosen: [...designs.keys()],
      hosts: [100, 1_000],
      rounds: 2,
    });
  });

  it('takes points in ascending order, each once', () => {
    expect(readMulticastOptions(['--hosts', '500,20,500']).hosts).to.deep.equal([20, 500]);
  });

  it('refuses what makes no sense', () => {
    for (const args of [['--designs', 'readers,pigeons'], ['--hosts', '100,'], ['--rounds', '0'], ['--x']]) {
      expect(() => readMulticastOptions(args), args.join(' ')).to.throw(UsageError);
    }
  });

  it('knows a client for each design but those with programs of their own', () => {
    expect([...designs.keys()].filter((name) => !clients.has(name))).to.deep.equal([
      'vpcast',
      'vpcast-copies',
      'oslo',
    ]);
  });
});

describe('payload of a multicast', () => {
  it('has the same size for each number', () => {
    for (const n of [0, 9, 123_456]) {
      expect(Buffer.byteLength(encodePayload(n))).to.equal(PAYLOAD_BYTES);
      expect(decodePayload(encodePayload(n))).to.equal(n);
    }
  });

  it('is refused when it was cut off or is something else', () => {
    expect(() => decodePayload(encodePayload(1).slice(0, -1))).to.throw();
    expect(() => decodePayload('{"multicast":1}')).to.throw('not a whole payload');
  });
});

describe('connections in the table of the kernel', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue',
    '   0: 0100007F:1F91 00000000:0000 0A 00000000:00000000',
    '   1: 0100007F:1F91 0100007F:C350 01 00000000:00000000',
    '   2: 0100007F:C350 0100007F:1F91 01 00000000:00000000',
    '   3: 0000000000000000FFFF00000100007F:1F91 0000000000000000FFFF00000100007F:C351 01 00000000:00000000',
  ].join('\n');

  it('are counted at the end that accepted them', () => {
    expect(countIn(table, '01', [0x1f91])).to.equal(2);
    expect(countIn(table, '0A', [0x1f91])).to.equal(1);
    expect(countIn(table, '01', [80])).to.equal(0);
  });
});

describe('figures of a point', () => {
  const measured = (lastMs: readonly number[], of: Partial<Measured> = {}): Measured => ({
    samples: lastMs.map((last) => ({
      confirmedMs: 1,
      firstMs: 2,
      meanMs: 3,
      lastMs: last,
      received: 10,
      duplicates: 0,
    })),
    joinMs: 1_000,
    seconds: 1,
    brokerSeconds: 0.001,
    clientSeconds: 0.002,
    brokerIdleCores: 0.1,
    connections: 3,
    ...of,
  });

  it('are of all rounds together', () => {
    const figures = figuresOf(10, [measured([5, 7]), measured([6, 90], { connections: 4, joinMs: 3_000 })]);
    expect(figures).to.include({
      last_ms_p50: 6,
      last_ms_p99: 90,
      multicasts: 4,
      received: 40,
      expected: 40,
      incomplete: 0,
      broker_cpu_us_per_delivery: 50,
      client_cpu_us_per_delivery: 100,
      connections: 4,
      join_s: 2,
    });
  });

  it('show what was not received', () => {
    const { received, expected, incomplete } = figuresOf(12, [measured([5, 7])]);
    expect({ received, expected, incomplete }).to.deep.equal({ received: 20, expected: 24, incomplete: 2 });
  });
});

describe('measuring a point', () => {
  const point: Point = { hosts: 4_000, processes: 1, hostsPerPartition: 1, hostsPerConnection: 1 };
  const terms = { messages: 3, intervalMs: 1, idleMs: 1, signal: new AbortController().signal };

  /** Reaches so many of the hosts by the n-th multicast. */
  function carrierOf(reached: (multicast: number) => number): { carrier: Carrier; closed: () => boolean } {
    let isClosed = false;
    const gathered = (multicast: number): Gathered => {
      const now = monotonicMs();
      return { hosts: reached(multicast), duplicates: 0, firstAtMs: now, meanAtMs: now, lastAtMs: now };
    };
    const session: Session = {
      clients: [],
      appliesToo: false,
      publish: () => Promise.resolve({ sentAtMs: monotonicMs(), confirmedAtMs: monotonicMs() }),
      untilReceived: (multicast) => Promise.resolve(gathered(multicast)),
      close: () => {
        isClosed = true;
        return Promise.resolve();
      },
    };
    const carrier: Carrier = {
      brokers: [],
      ports: [],
      open: () => Promise.resolve(session),
      stop: () => Promise.resolve(),
    };
    return { carrier, closed: () => isClosed };
  }

  it('begins once a multicast has reached all hosts', async () => {
    const { carrier, closed } = carrierOf((multicast) => (multicast < 2 ? 3_999 : 4_000));
    const { samples } = await measurePoint(carrier, point, terms);
    expect(samples.map(({ received }) => received)).to.deep.equal([4_000, 4_000, 4_000]);
    expect(closed()).to.equal(true);
  });

  it('takes every other one apart where hosts also apply what they receive', async () => {
    const { carrier } = carrierOf(() => 4_000);
    const opened = await carrier.open(point);
    const hows: unknown[] = [];
    const session: Session = {
      ...opened,
      appliesToo: true,
      publish: (multicast, how) => {
        hows.push(how);
        return opened.publish(multicast, how);
      },
      untilReceived: async (multicast, patienceMs) => {
        const gathered = await opened.untilReceived(multicast, patienceMs);
        const durableAtMs = hows.at(-1) === 'received first' ? undefined : gathered.lastAtMs + 1_000;
        return { ...gathered, sentAtMs: gathered.firstAtMs - 10, durableAtMs };
      },
    };
    const measured = await measurePoint({ ...carrier, open: () => Promise.resolve(session) }, point, terms);
    expect(hows.slice(-6).sort()).to.deep.equal([
      ...Array.from({ length: 3 }, () => 'applied at once'),
      ...Array.from({ length: 3 }, () => 'received first'),
    ]);
    const slow = measured.samples.map((sample) => ({ ...sample, lastMs: sample.durableMs ? 500 : 20 }));
    const figures = figuresOf(4_000, [{ ...measured, samples: slow }]);
    expect(figures).to.include({
      last_ms_p50: 20,
      last_ms_max: 20,
      applying_last_ms_p50: 500,
      expected: 24_000,
    });
    expect(figures.durable_ms_p50).to.be.at.least(1_000);
  });

  it('counts one that does not reach all hosts as long as it was waited for', async () => {
    const { carrier } = carrierOf((multicast) => (multicast === 12 ? 3_999 : 4_000));
    const { samples } = await measurePoint(carrier, point, terms);
    expect(samples.map(({ received, lastMs }) => received === 3_999 && lastMs === 30_000)).to.deep.equal([
      false,
      true,
      false,
    ]);
  });
});
