import { expect } from 'chai';
import { runScript } from '../support/run-command.ts';

describe('npm run chaos', () => {
  it('says how it is used', async () => {
    const { code, stdout } = await runScript('chaos', '--help');
    expect(code).to.equal(0);
    expect(stdout).to.contain('--seed N').and.to.contain('--bug NAME');
  });

  it('starts nothing when it is used wrongly', async () => {
    const { code, stdout, stderr } = await runScript('chaos', '--bug', 'none', '--json');
    expect(code).to.equal(2);
    expect(stdout).to.equal('');
    expect(stderr).to.contain('--bug must be one of tombstones, fencing, ack-early').and.to.contain('usage');
    expect(stderr).not.to.contain('starting');
  });
});
