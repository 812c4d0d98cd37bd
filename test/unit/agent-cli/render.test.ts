import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { isCommand } from '../../../agent/cli/command.ts';
import { renderExplanation, renderPorts, renderStatus, renderVpcs } from '../../../agent/cli/render.ts';
import { VERSION } from '../../../agent/version.ts';
import type { Port } from '../../../proto/gen/vpcast/agent/v1/Port.ts';
import type { Uplink } from '../../../proto/gen/vpcast/agent/v1/Uplink.ts';
import type { Vpc } from '../../../proto/gen/vpcast/agent/v1/Vpc.ts';

const nowMs = 1_000_000_000;
const uplink: Uplink = {
  registered: true,
  registeredAtMs: nowMs - 3_600_000,
  lane: { cluster: 'one', topic: 'persistent://t/h/hosts', partition: 3, slot: 7, epoch: 1 },
  listening: true,
  reportedAtMs: nowMs - 4_000,
};
const vpc: Vpc = {
  ...{ id: 'vpc-1', epoch: 2, incarnation: 1, revision: 40, needsSnapshot: false, listening: true },
  ...{ readsAlong: false, ports: 1, neighbors: 12, entries: 20, failures: 0 },
};
const port: Port = {
  ...{ id: 'p1', vpcId: 'vpc-1', form: 'FORM_BOUND', revision: 38, failure: '', hostId: '' },
  ...{ macAddress: '02:00:00:00:00:01', ipAddresses: ['10.0.0.2'] },
};

describe('what vpcast-agent prints', () => {
  it('explains a port that is well', () => {
    expect(renderExplanation('p1', { port, vpc, uplink, reasons: [] }, nowMs)).to.equal(
      `port         p1
form         bound on this host
VPC          vpc-1, complete up to revision 40
revision     38
addresses    02:00:00:00:00:01 10.0.0.2
state        applied
lane         listening at epoch 2
registered   60 min ago
host lane    one persistent://t/h/hosts partition 3 slot 7
listening    yes
last report  4 s ago
nothing stands in its way
`,
    );
  });

  it('explains a port that is not', () => {
    const failed = { ...port, form: 'FORM_NEIGHBOR' as const, hostId: 'host-2', failure: 'no bridge' };
    const text = renderExplanation(
      'p1',
      { port: failed, vpc: { ...vpc, listening: false }, uplink, reasons: ['this', 'that'] },
      nowMs,
    );
    expect(text).to.include('form         a neighbour, on host host-2\n');
    expect(text).to.include('state        failed: no bridge\n');
    expect(text).to.include('lane         not listening at epoch 2\n');
    expect(text.endsWith('- this\n- that\n')).to.equal(true);
  });

  it('tells an answer of before the start from one since', () => {
    const status = {
      ...{
        hostId: 'h',
        version: '1',
        pid: 9,
        startedAtMs: nowMs,
        vpcs: 0,
        ports: 0,
        counters: { applied: 1 },
      },
      failures: [{ scope: 'vpc/a', key: 'port/p', revision: 3, reason: 'why' }],
    };
    const before = { ...uplink, registeredAtMs: 0, reportedAtMs: 0, listening: false };
    const text = renderStatus({ ...status, uplink: before }, nowMs);
    expect(text).to.match(/^registered +not since the start; an earlier answer is used$/m);
    expect(text).to.match(/^last report +none since the start$/m);
    expect(text.endsWith('  vpc/a port/p @3: why\n')).to.equal(true);
    const never = { ...before, registered: false, lane: null };
    expect(renderStatus({ ...status, uplink: never }, nowMs)).to.match(/^registered +never$/m);
  });

  it('aligns its tables', () => {
    expect(renderVpcs({ vpcs: [vpc, { ...vpc, id: 'v', epoch: 10, needsSnapshot: true }] })).to.equal(
      `VPC    EPOCH  REVISION  PORTS  NEIGHBOURS  ENTRIES  FAILED  LISTENING
vpc-1      2        40      1          12       20       0  yes
v         10        40      1          12       20       0  yes        waits for a snapshot
`,
    );
    expect(renderPorts({ ports: [] })).to.equal('PORT  VPC  WHERE  REVISION  MAC  ADDRESSES  STATE\n');
  });

  it('says the version of the package', async () => {
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    expect(VERSION).to.equal(version);
  });

  it('tells a question from settings', () => {
    expect(['--version', 'status', 'help'].map((word) => isCommand([word]))).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect([[], ['--help'], ['--host-id', 'status']].map(isCommand)).to.deep.equal([false, false, false]);
  });
});
