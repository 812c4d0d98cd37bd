// What must not come to anything: nothing is made of it, or nothing is left.
import assert from 'node:assert/strict';
import type { Checklist } from '../checklist.ts';
import { refusals } from '../helm/refusals.ts';
import type { Api } from './api.ts';
import { differences, takeInventory } from './inventory.ts';
import type { Release } from './release.ts';

/** The schema of values cannot know it, the API server does: no label has such a name. */
const wrongLabel = { infraNode: { nodeSelector: { 'not a label': 'x' } } };

export async function checkRefused(
  checklist: Checklist,
  api: Api,
  { deployer, stranger }: { readonly deployer: Release; readonly stranger: Release },
): Promise<void> {
  const before = await takeInventory(api);
  const nothingIsMade = async (): Promise<void> => {
    assert.deepEqual(differences(before, await takeInventory(api)), []);
  };
  for (const { what, values, names } of refusals) {
    await checklist.holds(`refused: ${what}`, async () => {
      const { ok, output } = await deployer.tryInstall(values);
      assert.ok(!ok, 'it was installed');
      for (const name of names) assert.ok(output.includes(name), `no word of ${name}:\n${output}`);
    });
  }
  await checklist.holds('nothing is made of wrong values', nothingIsMade);
  await checklist.holds('refused: whoever has no rights in the namespace', async () => {
    const { ok, output } = await stranger.tryInstall({});
    assert.ok(!ok, 'it was installed');
    assert.match(output, /User "stranger" cannot/);
    await nothingIsMade();
  });
  await checklist.holds(
    'an install that fails half-way is taken back with --rollback-on-failure',
    async () => {
      const { ok, output } = await deployer.tryInstall(wrongLabel, '--rollback-on-failure');
      assert.ok(!ok, 'it was installed');
      assert.match(output, /not a label/);
      await nothingIsMade();
    },
  );
}
