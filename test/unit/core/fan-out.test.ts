import { deflateRawSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import {
  decodeFanOutBody,
  decodeFanOutHeader,
  packFanOutBody,
  encodeFanOutHeader,
} from '../../../core/codec/fan-out.ts';
import type { FanOutHeader } from '../../../core/codec/fan-out.ts';
import { decodeReport, encodeReport } from '../../../core/codec/report.ts';
import type { ScopeReport } from '../../../core/codec/report.ts';
import { decodeWork, encodeWork } from '../../../core/codec/work.ts';
import { PlatformError } from '../../../core/errors.ts';
import { entryFor } from '../../../core/model/view.ts';
import type { Entry, Projection } from '../../../core/model/view.ts';
import { EncodedEntries } from '../../../infra-node/encoded-entries.ts';

const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const header: fc.Arbitrary<FanOutHeader> = fc.record({
  scope: fc.constant('vpc/v' as const),
  ...{ incarnation: count, from: count, to: count, turn: count },
  ...{ part: fc.nat({ max: 9 }), parts: fc.integer({ min: 10, max: 20 }) },
});

const body = fc.option(
  fc.dictionary(fc.string(), fc.string()).map((value) => JSON.stringify(value)),
  { nil: undefined },
);
const hosts = ['h', 'h.1_x', 'constructor', '__proto__'];
const projections: fc.Arbitrary<Projection[]> = fc
  .array(
    fc.record({
      ...{ revision: count, local: body, remote: body, localHosts: fc.subarray(hosts) },
      forms: fc.constantFrom('both', 'local', 'remote'),
    }),
    { maxLength: 12 },
  )
  .map((drawn) =>
    drawn.map(({ revision, local, remote, localHosts, forms }, i): Projection => {
      const key = `port/${i}` as const;
      return {
        local: forms === 'remote' ? undefined : { key, revision, body: local },
        remote: forms === 'local' ? undefined : { key, revision, body: remote },
        localHosts: new Set(localHosts),
        groupIds: [],
      };
    }),
  );

function code(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    return PlatformError.from(error).code;
  }
  return undefined;
}

describe('what goes to all hosts that read along', () => {
  it('carries a header through properties', () => {
    fc.assert(
      fc.property(header, (each) => {
        expect(decodeFanOutHeader(encodeFanOutHeader(each))).to.deep.equal(each);
      }),
    );
  });

  it('refuses a header with anything missing or wrong', () => {
    const good = encodeFanOutHeader({
      ...{ scope: 'vpc/v', incarnation: 1, from: 2, to: 3, turn: 4, part: 0, parts: 1 },
    });
    expect(code(() => decodeFanOutHeader(good))).to.equal(undefined);
    for (const name of Object.keys(good)) {
      const rest = Object.fromEntries(Object.entries(good).filter(([other]) => other !== name));
      expect(
        code(() => decodeFanOutHeader(rest)),
        name,
      ).to.equal('invalid_argument');
    }
    for (const wrong of [
      { kind: 'changes' },
      { scope: '' },
      { incarnation: '-1' },
      { from: '1e3' },
      { to: '1.5' },
      { turn: '' },
      { part: '1' },
      { parts: '0' },
    ]) {
      expect(
        code(() => decodeFanOutHeader({ ...good, ...wrong })),
        JSON.stringify(wrong),
      ).to.equal('invalid_argument');
    }
  });

  it('gives each host its own form of what is local to it, and all others the common one', () => {
    fc.assert(
      fc.property(projections, fc.integer({ min: 1, max: 300 }), (each, maxBytes) => {
        const payloads = new EncodedEntries(each, { maxBytes, removals: true }).forAll();
        for (const host of [...hosts, 'another']) {
          const held = Array.from({ length: payloads.parts }, (_, part) =>
            decodeFanOutBody(payloads.payload(part), host),
          ).flat();
          // What concerns only some is there for all.
          const wanted = each.map((one): Entry | undefined => entryFor(one, host) ?? one.local ?? one.remote);
          expect(held, host).to.deep.equal(wanted);
        }
      }),
    );
  });

  it('refuses a body that is not of its making', () => {
    const line = 'port/p\t1\t{}\n';
    const forms = deflateRawSync(line);
    const body = (index: string, head: object = {}, own: Buffer = forms): Buffer => {
      const places = { index: index.length, common: line.length, ...head };
      return Buffer.concat([Buffer.from(`${JSON.stringify(places)}\n${index}${line}`), own]);
    };
    const mine = `\nh\t0\t${line.length}\n`;
    expect(code(() => decodeFanOutBody(body(mine), 'h'))).to.equal(undefined);
    expect(code(() => decodeFanOutBody(body(mine, {}, Buffer.from('?')), 'another'))).to.equal(undefined);
    for (const payload of [
      ...[
        '',
        '[]',
        '\n\n',
        '{}\n',
        'null\n',
        `{"index":0}\n${line}`,
        `{"common":${line.length}}\n${line}`,
      ].map((text) => Buffer.from(text)),
      ...[{ common: -1 }, { common: '5' }, { common: 5 }, { common: 99 }, { index: 99 }, { index: -1 }].map(
        (head) => body('\n', head),
      ),
      ...['', '0', '-1\t5', '5\t0', '0\t5', '0\t99', '0\t1e1', 'x\t5'].map((place) =>
        body(`\nh\t${place}\n`),
      ),
      ...['', '?', line].map((own) => body(mine, {}, Buffer.from(own))),
    ]) {
      expect(
        code(() => decodeFanOutBody(payload, 'h')),
        payload.toString(),
      ).to.equal('invalid_argument');
    }
  });

  it('takes the local form of nothing that it does not name', () => {
    const [common, own] = ['port/p', 'port/q'].map((key) => Buffer.from(`${key}\t1\t{}\n`));
    const payload = packFanOutBody(common!, new Map([['h', own!]]));
    expect(decodeFanOutBody(payload, 'h').map(({ key }) => key)).to.deep.equal(['port/p']);
  });
});

describe('what a host says of its reading', () => {
  const part: ScopeReport = {
    ...{ scope: 'vpc/v', epoch: 1, incarnation: 1, revision: 5, failures: [], needsSnapshot: false },
    ...{ reading: 3, tail: 1_700_000_000_000 },
  };
  const report = { host: 'h', sentAtMs: 1, scopes: [part], left: [] };

  it('comes as it went', () => {
    expect(decodeReport(encodeReport(report))).to.deep.equal(report);
  });

  for (const name of ['reading', 'tail']) {
    for (const value of [-1, 1.5, '3', null, Infinity]) {
      it(`is refused with ${name} ${String(value)}`, () => {
        const payload = JSON.stringify({ ...report, scopes: [{ ...part, [name]: value }] });
        expect(code(() => decodeReport(Buffer.from(payload)))).to.equal('invalid_argument');
      });
    }
  }

  it('becomes work with the number that the answer gives back', () => {
    const work = { kind: 'tail', scope: 'vpc/v', host: 'h', epoch: 1, tail: 7 } as const;
    const { properties } = encodeWork(work);
    expect(decodeWork(properties)).to.deep.equal(work);
    for (const wrong of [{ host: '' }, { epoch: 'x' }, { tail: '' }, { tail: '1e3' }, { scope: 'vpc/' }]) {
      expect(
        code(() => decodeWork({ ...properties, ...wrong })),
        JSON.stringify(wrong),
      ).to.equal('invalid_argument');
    }
  });
});
