import { expect } from 'chai';
import fc from 'fast-check';
import type { ChangesHeader } from '../../core/codec/envelope.ts';
import { scopes } from '../../core/model/keys.ts';
import { emptyReplica, planChanges, planSnapshot, take } from '../../core/model/replica.ts';
import type { Planned, Replica } from '../../core/model/replica.ts';
import type { Entry } from '../../core/model/view.ts';

const scope = scopes.vpc('a');
const stamp = { epoch: 1, incarnation: 1 };

/** One link of the lane, as it was sent: a range in one or more parts, or a snapshot for a host that asked. */
type Link =
  | {
      readonly kind: 'changes';
      readonly from: number;
      readonly to: number;
      readonly turn: number;
      readonly parts: number;
    }
  | { readonly kind: 'snapshot'; readonly to: number };
interface Sent {
  readonly link: Link;
  readonly part: number;
}

/** A lane from a snapshot on, and which of its messages never arrive. */
const lanes = fc
  .array(
    fc.record({
      length: fc.integer({ min: 1, max: 4 }),
      parts: fc.integer({ min: 1, max: 3 }),
      snapshot: fc.nat({ max: 5 }),
    }),
    {
      minLength: 1,
      maxLength: 12,
    },
  )
  .map((drawn) => {
    const lane: Sent[] = [];
    let at = 0;
    drawn.forEach(({ length, parts, snapshot }, turn) => {
      const link: Link = { kind: 'changes', from: at, to: at + length, turn: turn + 1, parts };
      for (let part = 0; part < parts; part++) lane.push({ link, part });
      at += length;
      if (snapshot === 0) lane.push({ link: { kind: 'snapshot', to: at }, part: 0 });
    });
    return lane;
  })
  .chain((lane) =>
    fc.record({
      lane: fc.constant(lane),
      lost: fc.uniqueArray(fc.nat({ max: lane.length - 1 }), { maxLength: lane.length }),
      /** Where the consumer begins anew, and how far back. */
      rewinds: fc.array(fc.tuple(fc.nat({ max: lane.length - 1 }), fc.nat({ max: 6 })), { maxLength: 3 }),
    }),
  );

function receive(replica: Replica, { link, part }: Sent): Planned {
  if (link.kind === 'snapshot') return planSnapshot(replica, { ...stamp, revision: link.to, entries: [] });
  const { from, to, turn, parts } = link;
  const header: ChangesHeader = {
    kind: 'changes',
    scope,
    host: 'h',
    ...stamp,
    from,
    to,
    turn,
    part,
    parts,
    ask: false,
  };
  const entry: Entry = { key: `port/${to}-${part}`, revision: to, body: '{}' };
  return planChanges(replica, header, [entry]);
}

describe('a lane that loses messages', () => {
  it('shows each loss at the next message, and a host never counts as further than what it got', () => {
    let gaps = 0;
    fc.assert(
      fc.property(lanes, ({ lane, lost, rewinds }) => {
        const stream = lane.map((_, i) => i).filter((i) => !lost.includes(i));
        for (const [end, back] of rewinds) {
          const at = stream.lastIndexOf(end);
          // What is lost stays lost; what was delivered comes again, in order.
          const again = lane.map((_, i) => i).filter((i) => i >= end - back && i <= end && !lost.includes(i));
          if (at >= 0) stream.splice(at + 1, 0, ...again);
        }
        let replica = emptyReplica(scope, 1);
        const start = planSnapshot(replica, { ...stamp, revision: 0, entries: [] });
        if (start.outcome === 'applied') replica = take(replica, start);
        // What was covered without a hole, said by the bookkeeping of the test alone.
        let covered = 0;
        let open: { link: Link; next: number } | undefined;
        for (const i of stream) {
          const sent = lane[i];
          if (sent === undefined) throw new Error('no message');
          const { link, part } = sent;
          const isAhead = link.to > covered;
          const isNext = part === 0 || (open?.link === link && part <= open.next);
          const isHole = link.kind === 'changes' && isAhead && (link.from > covered || !isNext);
          const planned = receive(replica, sent);
          if (planned.outcome === 'applied') replica = take(replica, planned);
          if (isHole) expect(planned.outcome, `message ${i}`).to.equal('gap');
          else expect(planned.outcome, `message ${i}`).not.to.equal('gap');
          if (isHole) gaps++;
          else if (link.kind === 'snapshot') {
            if (link.to >= covered) [covered, open] = [link.to, undefined];
          } else if (isAhead) {
            const next = Math.max(part + 1, open?.link === link ? open.next : 0);
            const isWhole = part === link.parts - 1;
            if (isWhole) [covered, open] = [link.to, undefined];
            else open = { link, next };
          }
          expect(replica.revision, `after message ${i}`).to.equal(covered);
        }
        // A lost tail leaves the host behind, so its report tells.
        const head = lane.at(-1)?.link.to ?? 0;
        const isWhole = lost.length === 0;
        if (isWhole) expect(replica.revision).to.equal(head);
        if (replica.revision === head) {
          const needed = lane.filter(({ link }) => link.kind === 'changes' && link.to === head);
          const bySnapshot = stream.some(
            (i) => lane[i]?.link.kind === 'snapshot' && lane[i].link.to === head,
          );
          const byChanges = needed.every((sent) => !lost.includes(lane.indexOf(sent)));
          expect(bySnapshot || byChanges, 'nobody is at the head without what led there').to.equal(true);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(gaps).to.be.greaterThan(1_000);
  });
});
