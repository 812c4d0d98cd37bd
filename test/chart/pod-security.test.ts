import { join } from 'node:path';
import { expect } from 'chai';
import { exampleNames, examples, render } from '../../scripts/helm/chart.ts';
import { ensureProgram } from '../../scripts/helm/ensure.ts';

/** What the restricted Pod Security level demands, as the chart writes it. */
const demanded = [
  'runAsNonRoot: true',
  'type: RuntimeDefault',
  'allowPrivilegeEscalation: false',
  'drop: [ALL]',
];
const forbidden = [
  /hostNetwork: true/,
  /hostPID/,
  /hostIPC/,
  /hostPath/,
  /privileged: true/,
  /hostPort/,
  /\badd: /,
];

async function workloads(example: string, kinds: RegExp): Promise<string[]> {
  const { ok, output } = await render(join(examples, example));
  if (!ok) throw new Error(output);
  return output.split(/^---$/m).filter((document) => kinds.test(document));
}

describe('pods of the chart', () => {
  before(async function () {
    // Where nobody has built helm on this machine yet.
    this.timeout(20 * 60_000);
    await ensureProgram('helm');
  });

  it('keep to the restricted level, all but the agents', async () => {
    for (const example of await exampleNames()) {
      const found = await workloads(example, /^kind: (Deployment|Pod)$/m);
      expect(found, example).to.have.length(3);
      for (const pod of found) {
        for (const line of demanded) expect(pod).to.include(line);
        for (const line of forbidden) expect(pod).not.to.match(line);
      }
    }
  });

  it('give the agents the network and one folder of the host, and no capability', async () => {
    const [agent = ''] = await workloads('default-values.yaml', /^kind: DaemonSet$/m);
    expect(agent.match(/hostPath:/g)).to.have.length(1);
    for (const line of demanded.slice(1)) expect(agent).to.include(line);
    expect(agent).not.to.match(/hostPID|hostIPC|privileged: true|\badd: /);
  });
});
