// A program whose behaviour the test chooses by its first argument.
import { createServer } from 'node:net';
import { readSettings, setting } from '../../../adapters/process/env.ts';
import { runService } from '../../../adapters/process/run-service.ts';

const [behaviour = '', readyFile] = process.argv.slice(2);
const never = new Promise<void>(() => undefined);

await runService('fixture', async (signal) => {
  if (behaviour === 'wrong-settings') {
    readSettings({ zone: setting.text('VPCAST_FIXTURE_ZONE', { description: 'Zone.' }) }, {}, ['--nonsense']);
  }
  if (behaviour === 'help') {
    readSettings({ zone: setting.text('VPCAST_FIXTURE_ZONE', { description: 'Zone.' }) }, {}, ['--help']);
  }
  if (behaviour === 'broken-start') {
    createServer().listen(0, '127.0.0.1').unref();
    throw new Error('no broker');
  }
  if (behaviour === 'slow-start') {
    process.stdout.write('starting\n');
    await new Promise((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error('called off'));
      });
    });
  }
  if (behaviour === 'stray-rejection') setImmediate(() => void Promise.reject(new Error('forgotten')));
  return {
    readyFile,
    endpoints: { grpc: '127.0.0.1:7400' },
    graceMs: behaviour === 'watchdog' ? 100 : 20_000,
    async drain() {
      process.stdout.write('draining\n');
      if (behaviour === 'broken-drain') throw new Error('stuck');
      if (behaviour === 'hang' || behaviour === 'watchdog') {
        createServer().listen(0, '127.0.0.1');
        await never;
      }
    },
  };
});
