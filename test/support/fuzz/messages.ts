/** Messages that nobody can use, made so that it is known beforehand what becomes of each. */
import { encodeHeader } from '../../../core/codec/envelope.ts';
import type { OutgoingMessage, Properties } from '../../../core/messaging/port.ts';
import type { Scope } from '../../../core/store/port.ts';
import { badNumbers, badObjects, bytes, flipped, nested, noise, truncated } from './random.ts';
import type { Random } from './random.ts';

/** What the receiver counts it as. */
export type Verdict = 'poison' | 'foreign' | 'stale';

export interface Made {
  readonly message: OutgoingMessage;
  readonly verdict: Verdict;
}

export interface Lane {
  readonly host: string;
  readonly scope: Scope;
  readonly epoch: number;
  /** The host's own lane, or a VPC's slot. */
  readonly isHostLane: boolean;
}

/** A range that every host has long had: if something of it came through, it would change nothing. */
function header({ host, scope, epoch }: Lane): Properties {
  const stamp = { scope, host, epoch, incarnation: 1 };
  return encodeHeader({ kind: 'changes', ...stamp, from: 0, to: 0, turn: 1, part: 0, parts: 1, ask: false });
}

const LINE_FEED = 10;
const numbers = ['epoch', 'incarnation', 'from', 'to', 'turn', 'part', 'parts'];
const needed = [...numbers, 'kind', 'scope', 'host'];
const head = '{}\n';
const line = 'port/p\t1\t{"id":"p","note":"x"}\n';
const good = Buffer.from(`${head}${line}${line}`);

function without(properties: Properties, name: string): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([other]) => other !== name));
}

/** What a payload can be that has no entries. */
function badPayload(random: Random): Buffer {
  switch (random.integer(0, 6)) {
    case 0:
      return noise(random);
    case 1:
      return cutShort(random);
    case 2:
      return Buffer.concat([flipped(random, Buffer.from('{"assignment":null}')), Buffer.from('\n'), good]);
    case 3:
      return Buffer.from(`${JSON.stringify(random.pick(badObjects))}\n${line}`);
    case 4:
      return Buffer.from(`${head}${line}port/q\t${random.pick(badNumbers)}\t{}\n${line}`);
    case 5:
      return Buffer.from(
        `${head}${random.pick(['\t1\t{}\n', 'port/p\n', 'port/p\t1\n', '\n', '\t\t\n', 'port/p\t1{}\t\n'])}${line}`,
      );
    default:
      return Buffer.from(`{"assignment":${nested(random)},}\n`);
  }
}

/** Within the head or an entry. */
function cutShort(random: Random): Buffer {
  for (;;) {
    const text = truncated(random, good);
    if (text.at(-1) !== LINE_FEED) return text;
  }
}

/** Large ones are dear, so they are rare. */
function huge(random: Random): Buffer {
  return Buffer.alloc(
    random.integer(500_000, 1_000_000),
    random.pick(['[', '{"assignment":[', 'x', '"\\ud800', 'port/p\\t']),
  );
}

function badAssignment(random: Random, { host, epoch }: Lane): unknown {
  const lane = { cluster: 'main', topic: 'persistent://t/n/x', partitions: 1 };
  const assignment = { vpcId: 'v', hostId: host, partition: 0, slot: 1, epoch, lane, state: 'member' };
  const name = random.pick(Object.keys(assignment) as (keyof typeof assignment)[]);
  return random.pick([
    { ...assignment, [name]: random.pick([null, -1, [], '']) },
    { ...assignment, lane: random.pick(badObjects) },
    Object.fromEntries(Object.entries(assignment).filter(([other]) => other !== name)),
    // Of another VPC than the message.
    assignment,
    ...badObjects,
  ]);
}

/** For the host's own lane, or for the slot of a VPC. */
export function badCopy(random: Random, lane: Lane): Made {
  const properties = header(lane);
  const made = (verdict: Verdict, over: Properties, payload: Buffer = good): Made => ({
    verdict,
    message: { properties: { ...properties, ...over }, payload },
  });
  switch (random.integer(0, 12)) {
    case 0:
    case 1:
    case 2:
      return made('poison', {}, random.integer(0, 499) === 0 ? huge(random) : badPayload(random));
    case 3:
      return {
        verdict: 'poison',
        message: { properties: without(properties, random.pick(needed)), payload: good },
      };
    case 4:
    case 5:
      return made('poison', { [random.pick(numbers)]: random.pick(badNumbers) });
    case 6:
      return made('poison', { part: String(random.integer(1, 9)), parts: String(random.integer(0, 1)) });
    case 7:
      return made('poison', {
        kind: random.pick([
          'news',
          'CHANGES',
          '__proto__',
          'constructor',
          ' changes',
          '\ud800',
          'x'.repeat(9_999),
        ]),
      });
    case 8:
      return made(
        'poison',
        { kind: 'snapshot' },
        Buffer.from(`${JSON.stringify({ assignment: badAssignment(random, lane) })}\n`),
      );
    case 9:
      return made(
        'foreign',
        { host: random.pick(['host', `${lane.host} `, '__proto__', '*', '\udc00']) },
        noise(random),
      );
    case 10: {
      const scope = random.pick([
        'vpc/none',
        'vpc',
        '/',
        'host/other',
        '__proto__/x',
        `vpc/${'y'.repeat(999)}`,
      ]);
      return made('foreign', { scope });
    }
    case 11:
      if (lane.isHostLane) return made('foreign', { kind: 'fence' });
      return made('stale', { kind: 'fence', epoch: String(lane.epoch + random.integer(1, 99)) });
    default:
      // Joins of VPCs that nobody knows, without an assignment; the first of many parts that never come.
      if (!lane.isHostLane) return made('stale', { epoch: '0' });
      return made('stale', {
        kind: 'snapshot',
        scope: `vpc/unknown-${random.integer(0, 1e9)}`,
        parts: String(random.pick([1, 2, 1_000, Number.MAX_SAFE_INTEGER])),
      });
  }
}

/** For the topic of a kind of public resource. */
export function badPublic(random: Random, id: string): OutgoingMessage {
  const scope: Scope = `public/${id}`;
  const stamp = { scope, host: '*', epoch: 0, incarnation: 1, to: 0, turn: 1, part: 0, parts: 1 } as const;
  const properties = encodeHeader({ kind: 'snapshot', ...stamp });
  const made = (over: Properties, payload: Buffer): OutgoingMessage => ({
    properties: { ...properties, ...over },
    payload,
  });
  const own = Buffer.from(`${head}${line.replace('port/p', scope)}`);
  switch (random.integer(0, 5)) {
    case 0:
      return made({}, badPayload(random));
    case 1:
      return {
        properties: without(
          properties,
          random.pick(['kind', 'scope', 'host', 'epoch', 'to', 'turn', 'part']),
        ),
        payload: own,
      };
    case 2:
      return made({ [random.pick(['epoch', 'to', 'turn', 'part', 'parts'])]: random.pick(badNumbers) }, own);
    case 3:
      return made({ host: random.pick(['h', '**', '\ud800']) }, own);
    case 4:
      return made({ parts: '2' }, own);
    default:
      return random.pick([
        made({ scope: 'vpc/x' }, own),
        made({ kind: 'fence' }, own),
        made({ kind: 'changes', from: '0', ask: 'false' }, own),
        made({}, good),
      ]);
  }
}

/** Work that no infrastructure node can do. */
export function badWork(random: Random): OutgoingMessage {
  const payload = bytes(random, 50);
  const scope = random.pick(['vpc/a', 'host/a', 'public/a']);
  const resync = { kind: 'resync', scope, host: 'h', epoch: '1' };
  switch (random.integer(0, 5)) {
    case 0:
      return { properties: {}, payload };
    case 1:
      return {
        properties: { kind: random.pick(['', 'Dispatch', '__proto__', 'resyncs', '\ud800']), scope },
        payload,
      };
    case 2:
      return {
        properties: {
          kind: random.pick(['dispatch', 'resume']),
          scope: random.pick([
            '',
            '/',
            'vpc',
            'vpc/',
            '/vpc',
            'VPC/a',
            '__proto__/x',
            '}{/x',
            'x'.repeat(9_999),
          ]),
        },
        payload,
      };
    case 3:
      return { properties: without(resync, random.pick(['kind', 'scope', 'host', 'epoch'])), payload };
    case 4:
      return { properties: { ...resync, epoch: random.pick(badNumbers) }, payload };
    default:
      return { properties: { ...resync, host: '' }, payload };
  }
}
