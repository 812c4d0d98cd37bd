import { expect } from 'chai';
import { eventually } from '../../../scripts/eventually.ts';
import { inTurn } from '../../../server/turn.ts';
import { controlPlane } from './control-plane.ts';
import type { ControlPlane } from './control-plane.ts';

describe('turns', () => {
  let plane: ControlPlane;
  beforeEach(async () => {
    plane = await controlPlane();
  });
  const turn = <T>(run: () => Promise<T>) => inTurn(plane.store, 'growth', 'one', run);
  const done = () => turn(() => Promise.resolve('done'));

  it('are taken by one at a time, and given back also by a failure', async () => {
    expect(await turn(done), 'within another').to.equal(undefined);
    expect(await done()).to.equal('done');
    const failed = turn(() => Promise.reject(new Error('no')));
    expect(await failed.catch((error: unknown) => error)).to.be.an('error');
    expect(await done()).to.equal('done');
  });

  it('are void after a minute, and then the late one frees nothing', async () => {
    let finish: (() => void) | undefined;
    let next: Promise<unknown> | undefined;
    await turn(async () => {
      plane.now += 59_999;
      expect(await done()).to.equal(undefined);
      plane.now += 1;
      next = turn(() => new Promise<void>((resolve) => (finish = resolve)));
      await eventually('the turn to change hands', () => finish !== undefined, {
        timeoutMs: 1_000,
        intervalMs: 1,
      });
    });
    expect(await done(), 'freed by the late one').to.equal(undefined);
    finish?.();
    await next;
    expect(await done()).to.equal('done');
  });

  it('are taken over by one of many', async () => {
    await turn(async () => {
      plane.now += 60_000;
      let running = 0;
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, () =>
          turn(async () => {
            expect(++running).to.equal(1);
            await new Promise((resolve) => setTimeout(resolve, 1));
            return --running;
          }),
        ),
      );
      expect(outcomes.filter((outcome) => outcome !== undefined)).to.have.length(1);
    });
  });
});
