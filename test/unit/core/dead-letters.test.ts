import { expect } from 'chai';
import { invalid } from '../../../core/errors.ts';
import { DeadLetters } from '../../../core/messaging/dead-letters.ts';
import type { OutgoingMessage } from '../../../core/messaging/port.ts';
import { silentLogger } from '../../../core/logger.ts';

const bad = { properties: { kind: 'nonsense' }, payload: Buffer.from('{') };

describe('DeadLetters', () => {
  let nowMs: number;
  let sent: OutgoingMessage[];
  let letters: DeadLetters;

  beforeEach(() => {
    nowMs = 1_000;
    sent = [];
    letters = new DeadLetters({
      reporter: 'host-1',
      lanes: ['status', 'work'],
      clock: () => nowMs,
      logger: silentLogger,
      send: (message) => {
        sent.push(message);
        return Promise.resolve();
      },
    });
  });

  it('keeps the message with the reason and where it came in', () => {
    letters.put({ lane: 'status', error: new Error('not JSON'), message: bad });
    expect(sent).to.deep.equal([
      {
        properties: {
          'original.kind': 'nonsense',
          reporter: 'host-1',
          lane: 'status',
          reason: 'not JSON',
          bytes: '1',
        },
        payload: bad.payload,
      },
    ]);
  });

  it('cuts what is large, and lets no property of the message pass for its own', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`p${n}`, 'x'.repeat(5_000)]));
    const payload = Buffer.alloc(1_000_000);
    letters.put({
      lane: 'work',
      error: new Error('y'.repeat(9_000)),
      message: { properties: many, payload },
    });
    letters.put({
      lane: 'work',
      error: new Error('r'),
      message: { properties: { reporter: 'me' }, payload },
    });
    const [large, forged] = sent;
    expect(large?.payload.length).to.equal(64 * 1024);
    expect(Buffer.byteLength(JSON.stringify(large?.properties))).to.be.below(40_000);
    expect(large?.properties).to.include({ bytes: '1000000' });
    expect(forged?.properties).to.include({ reporter: 'host-1', 'original.reporter': 'me' });
  });

  it('keeps the first ones of a flood, and again a minute later', () => {
    for (let n = 0; n < 1_000; n++) letters.put({ lane: 'status', error: new Error('bad'), message: bad });
    expect(sent).to.have.length(60);
    nowMs += 60_000;
    letters.put({ lane: 'status', error: new Error('bad'), message: bad });
    expect(sent).to.have.length(61);
  });

  it('counts all of them, by where they came in and why', () => {
    for (let n = 0; n < 1_000; n++)
      letters.put({ lane: 'status', error: invalid('host', 'bad'), message: bad });
    letters.put({ lane: 'slot vpc-1/2', error: new Error('a bug'), message: bad });
    expect(letters.counts()).to.have.deep.members([
      { lane: 'status', reason: 'malformed', count: 1_000 },
      { lane: 'status', reason: 'failed', count: 0 },
      { lane: 'work', reason: 'malformed', count: 0 },
      { lane: 'work', reason: 'failed', count: 0 },
      { lane: 'slot', reason: 'failed', count: 1 },
    ]);
  });

  it('goes on when one cannot be sent', async () => {
    const failing = new DeadLetters({
      reporter: 'host-1',
      lanes: ['status', 'work'],
      clock: () => nowMs,
      logger: silentLogger,
      send: () => Promise.reject(new Error('no broker')),
    });
    failing.put({ lane: 'status', error: new Error('bad'), message: bad });
    await new Promise(setImmediate);
  });
});
