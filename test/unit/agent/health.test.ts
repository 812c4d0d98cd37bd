import { expect } from 'chai';
import { agentChecks } from '../../../agent/health.ts';
import { PlatformError } from '../../../core/errors.ts';

const PROBE_MS = 1_000;

/** An agent whose broker takes what is sent, or not. */
function world() {
  let isAway = false;
  let failure: PlatformError | undefined;
  let beats = 0;
  const sends = {
    quietMs: 0,
    check: () => {
      if (failure !== undefined) throw failure;
    },
  };
  const agent = {
    ready: () => Promise.resolve(),
    beat: () => {
      beats++;
      failure = isAway ? new PlatformError('unavailable', 'away') : undefined;
      return Promise.resolve();
    },
  };
  return {
    sends,
    checks: agentChecks(agent, sends, PROBE_MS),
    beats: () => beats,
    setAway: () => (isAway = true),
  };
}

describe('what an agent says of its broker', () => {
  const outcome = async (check: () => Promise<void> | void): Promise<string> => {
    try {
      await check();
      return 'ok';
    } catch (error) {
      return PlatformError.from(error).message;
    }
  };

  it('rests on what was sent of late, else on a report that it sends to find out', async () => {
    const { sends, checks, beats } = world();
    sends.quietMs = PROBE_MS - 1;
    expect(await outcome(checks.broker)).to.equal('ok');
    expect(beats()).to.equal(0);
    sends.quietMs = PROBE_MS;
    expect(await outcome(checks.broker)).to.equal('ok');
    expect(beats()).to.equal(1);
  });

  it('needs no heartbeat to find the broker away, and one report only', async () => {
    const { sends, checks, setAway, beats } = world();
    sends.quietMs = PROBE_MS;
    setAway();
    expect(await outcome(checks.broker)).to.equal('away');
    expect(await outcome(checks.broker)).to.equal('away');
    expect(beats()).to.equal(1);
  });
});
