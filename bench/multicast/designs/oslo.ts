import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonPackages } from '../../brokers/python-packages.ts';
import { startRabbit } from '../../brokers/rabbitmq.ts';
import { openClientSession } from '../client-session.ts';
import type { StartClient } from '../client-session.ts';
import type { Design } from '../design.ts';
import { startLineChild } from '../line-child.ts';

const script = fileURLToPath(new URL('../../peers/oslo_client.py', import.meta.url));

/** A fan-out cast of OpenStack's own library: what Neutron's agents get today. */
export const oslo: Design = {
  start: async ({ dir }) => {
    const packages = await pythonPackages();
    const broker = await startRabbit(join(dir, 'rabbitmq'));
    const env = { ...process.env, PYTHONPATH: packages };
    const startClient: StartClient = (child) =>
      startLineChild({ command: ['python3', script], env, ...child });
    let topics = 0;
    return {
      brokers: broker.processes,
      ports: broker.ports,
      open: (point) =>
        openClientSession({
          design: 'oslo',
          dir,
          target: { url: `${broker.url.replace('amqp', 'rabbit')}/`, topic: `vpc-${topics++}` },
          // The one that is started forks as many as its servers need.
          point: { ...point, processes: 1 },
          startClient,
        }),
      stop: () => broker.stop(),
    };
  },
};
