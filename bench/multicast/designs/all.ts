import type { Design } from '../design.ts';
import { kafka, kafkaHosts } from './kafka.ts';
import { oslo } from './oslo.ts';
import { copies, readers } from './pulsar.ts';
import { rabbitmq } from './rabbitmq.ts';
import { rocketmq } from './rocketmq.ts';
import { vpcast, vpcastCopies } from './vpcast.ts';

/** By the name that `--designs` takes. */
export const designs: ReadonlyMap<string, Design> = new Map<string, Design>([
  ['vpcast', vpcast],
  ['vpcast-copies', vpcastCopies],
  ['readers', readers],
  ['copies', copies],
  ['rabbitmq', rabbitmq],
  ['oslo', oslo],
  ['kafka', kafka],
  ['kafka-hosts', kafkaHosts],
  ['rocketmq', rocketmq],
]);
