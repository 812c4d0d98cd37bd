import { grid } from '../markdown-grid.ts';
import { figure } from './figure.ts';
import type { Compared, Row, Validation } from './validate.ts';

/** Below this the machine was not the design's own, or it waited for something else. */
const BUSY = 0.8;

export function validationSection({ rows, blind, within_25_percent: within, cores }: Validation): string {
  const failures = rows.filter((row) => !row.fitted && Math.abs(row.last_ms_p50.error_percent) > 25);
  const dearer = rows.filter(
    (row) => !row.fitted && Math.abs(row.broker_us_per_delivery.error_percent) > 25 && row.busy >= BUSY,
  );
  return `## Does it hold on the bench machine?

The time to the last host is the higher of two lines through the points up to 1,000 hosts: the times that were measured, and the processor time of broker and clients divided by the ${cores} cores. With few hosts a part of the work is done after the last delivery, so the second line lies
above what is measured there; with many there is no later. *busy* is the processor time that was measured against what the cores had until the last delivery: about 1 where the processors decide, above 1 where a part comes later or in the pauses.

${grid(
  ['', 'hosts', 'fitted', 'last p50 ms', 'last p99 ms', 'broker us', 'clients us', 'join s', 'busy'],
  rows.map((row) => [
    row.design,
    figure(row.hosts),
    row.fitted ? 'yes' : 'no',
    ...[row.last_ms_p50, row.last_ms_p99].map(comparison),
    ...[row.broker_us_per_delivery, row.client_us_per_delivery, row.join_s].map(comparison),
    row.busy.toFixed(2),
  ]),
)}

Each cell: predicted / measured (error). Broker and clients per delivery, the broker's without what it does when idle.

![predicted and measured](scale-validation.svg)

${within} of ${blind} medians that were not fitted are within 25 %. The form of the calculation was chosen when these figures were known, and only its numbers come from the small points; docs/answers.md has a later run that is blind in every respect.

${[...failures.map(whyLate), ...dearer.map(whyDear)].map((line) => `- ${line}`).join('\n')}
- The 99th percentile is the median times their ratio at the largest fitted point: with 30 multicasts it is the slowest one, so its error says little.
- Not in it: memory and collections of garbage that grow with the number of consumers, the disk, and what a network between machines adds.`;
}

function comparison({ predicted, measured, error_percent: error }: Compared): string {
  return `${figure(predicted)} / ${figure(measured)} (${error > 0 ? '+' : ''}${error} %)`;
}

function whyLate({ design, hosts, last_ms_p50: last, busy }: Row): string {
  const missed = `${design}, ${figure(hosts)} hosts: ${figure(last.predicted)} ms instead of ${figure(last.measured)}.`;
  return busy < BUSY
    ? `${missed} Broker and clients used ${Math.round(busy * 100)} % of the cores until then: somebody else had the rest, or they waited. The calculation knows of neither.`
    : `${missed} The processors were busy with it: a delivery takes more time than with few hosts.`;
}

function whyDear({ design, hosts, broker_us_per_delivery: broker }: Row): string {
  return `${design}, ${figure(hosts)} hosts: the broker's time per delivery is wrong (${figure(broker.predicted)} us instead of ${figure(broker.measured)}), since what it took with 100 hosts was mostly not for deliveries: a JVM that still compiles. The time to the last host rests on the other line there.`;
}
