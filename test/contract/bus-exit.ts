import { expect } from 'chai';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PulsarClusterOptions } from '../../adapters/pulsar/cluster.ts';

const EXIT_TIMEOUT_MS = 20_000;
const module = (path: string) =>
  JSON.stringify(new URL(`../../adapters/pulsar/${path}`, import.meta.url).href);

/**
 * A process that sends, receives, keeps a message unacknowledged and has one more send under way has to end by
 * itself once its bus is closed.
 */
export async function expectExitAfterClose(options: PulsarClusterOptions, topic: string): Promise<void> {
  const program = `
    import { openPulsarCluster } from ${module('cluster.ts')};
    const cluster = await openPulsarCluster(${JSON.stringify(options)});
    const topic = ${JSON.stringify(topic)};
    await cluster.admin.ensureTopic(topic, 2, ['hosts']);
    let received;
    const arrived = new Promise((resolve) => (received = resolve));
    const common = { subscription: 'hosts', consumerName: 'child' };
    await cluster.bus.subscribeSlot({ ...common, address: { topic, partition: 0, slot: 7 }, handler: async () => received() });
    await cluster.bus.subscribeSlot({ ...common, address: { topic, partition: 1, slot: 8 }, handler: async () => {} });
    const message = { properties: {}, payload: Buffer.from('x') };
    await cluster.bus.sendToSlot({ topic, partition: 0, slot: 7 }, message);
    await arrived;
    const last = cluster.bus.sendToSlot({ topic, partition: 0, slot: 7 }, message).then(() => 'sent', (e) => e.code);
    await cluster.close();
    console.log('closed', await last);
  `;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', program],
    { timeout: EXIT_TIMEOUT_MS },
  );
  expect(stdout).to.match(/^closed (sent|cancelled)\n$/);
}
