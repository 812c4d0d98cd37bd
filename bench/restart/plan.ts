import { seeded } from '../random.ts';

export interface MembershipOptions {
  readonly hosts: number;
  readonly vpcsPerHost: number;
  readonly hostsPerVpc: number;
  readonly seed: number;
}

/** The hosts of each VPC, by index. Every host is in `vpcsPerHost` of them, with other hosts in each. */
export function planMemberships({ hosts, vpcsPerHost, hostsPerVpc, seed }: MembershipOptions): number[][] {
  const random = seeded(seed);
  const vpcs: number[][] = [];
  for (let round = 0; round < vpcsPerHost; round++) {
    const order = shuffled(hosts, random);
    for (let from = 0; from < hosts; from += hostsPerVpc) vpcs.push(order.slice(from, from + hostsPerVpc));
  }
  return vpcs;
}

function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, n) => n);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** Hosts on one partition of a host lane. */
const HOSTS_PER_PARTITION = 500;

export interface BareTopic {
  readonly name: string;
  readonly partitions: number;
}

export interface BareConsumer {
  /** Index of the topic. */
  readonly topic: number;
  readonly partition: number;
  readonly slot: number;
}

/** Consumers of the same number and shape as those of the agents: one for each VPC of a host, one on its lane. */
export function planConsumers(
  memberships: readonly (readonly number[])[],
  hosts: number,
): { topics: BareTopic[]; consumers: BareConsumer[] } {
  const lanes = Math.ceil(hosts / HOSTS_PER_PARTITION);
  const topics = [{ name: 'lanes', partitions: lanes }];
  const consumers: BareConsumer[] = Array.from({ length: hosts }, (_, n) => ({
    topic: 0,
    partition: n % lanes,
    slot: 1 + Math.floor(n / lanes),
  }));
  for (const [vpc, members] of memberships.entries()) {
    topics.push({ name: `vpc-${vpc}`, partitions: 1 });
    members.forEach((_, n) => consumers.push({ topic: vpc + 1, partition: 0, slot: 1 + n }));
  }
  return { topics, consumers };
}
