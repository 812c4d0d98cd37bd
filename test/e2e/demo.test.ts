import { expect } from 'chai';
import { runCommand, runScript } from '../support/run-command.ts';

describe('npm run demo', function () {
  this.timeout(60_000);

  it('plays a small cloud, with its result on stdout and its progress on stderr', async () => {
    const sizes = ['--hosts', '20', '--vpcs', '4', '--vms', '60'];
    const { code, stdout, stderr } = await runScript('demo', '--json', ...sizes);
    expect(code, stderr).to.equal(0);
    expect(stdout.trimEnd().split('\n'), 'nothing but one line').to.have.length(1);
    const result = JSON.parse(stdout) as {
      ok: boolean;
      agents: number;
      differences: unknown[];
      vpcs: { ports: number; hosts: number }[];
    };
    expect(result).to.include({ ok: true, agents: 20 });
    expect(result.differences).to.deep.equal([]);
    expect(result.vpcs).to.have.length(4);
    expect(result.vpcs.reduce((sum, { ports }) => sum + ports, 0)).to.equal(60);
    // The hosts of the last VPC have left it.
    expect(result.vpcs.map(({ hosts }) => hosts > 0)).to.deep.equal([true, true, true, false]);
    expect(stderr).to.match(/VMs appear on hosts +60 in/);
  });

  const badFlags = [
    ['--hosts', '1'],
    ['--vms', 'many'],
    ['--vpcs', '0'],
    ['--colour'],
    ['surplus'],
    ['--redis', 'redis://127.0.0.1:6379'],
  ];
  for (const flags of badFlags) {
    it(`refuses ${flags.join(' ')} with its usage`, async () => {
      const { code, stdout, stderr } = await runCommand('node', '--import', 'tsx', 'demo/main.ts', ...flags);
      expect(code).to.equal(2);
      expect(stdout).to.equal('');
      expect(stderr).to.contain('npm run demo -- [options]').and.to.contain('--hosts N');
    });
  }
});
