import { expect } from 'chai';
import { readRestartOptions } from '../../../bench/restart/options.ts';
import { planConsumers, planMemberships } from '../../../bench/restart/plan.ts';
import { UsageError } from '../../../bench/usage.ts';

const options = { hosts: 50, vpcsPerHost: 3, hostsPerVpc: 20, seed: 7 };

describe('plan of the restart bench', () => {
  const vpcs = planMemberships(options);

  it('puts every host into as many VPCs as it shall be in, once into each', () => {
    for (let host = 0; host < options.hosts; host++) {
      expect(vpcs.filter((members) => members.includes(host))).to.have.length(3);
    }
    expect(vpcs.every((members) => new Set(members).size === members.length)).to.equal(true);
    expect(vpcs.every((members) => members.length <= 20)).to.equal(true);
  });

  it('is the same for the same seed, and mixes hosts otherwise', () => {
    expect(planMemberships(options)).to.deep.equal(vpcs);
    expect(planMemberships({ ...options, seed: 8 })).not.to.deep.equal(vpcs);
  });

  it('has a bare consumer for each of an agent', () => {
    const { topics, consumers } = planConsumers(vpcs, options.hosts);
    expect(consumers).to.have.length(50 * 4);
    expect(topics).to.have.length(1 + vpcs.length);
  });

  it('gives bare consumers slots of their own on partitions that there are', () => {
    const { topics, consumers } = planConsumers([[0, 1], [1]], 1_200);
    const places = consumers.map(({ topic, partition, slot }) => `${topic} ${partition} ${slot}`);
    expect(new Set(places).size).to.equal(places.length);
    expect(consumers.every(({ topic, partition }) => partition < (topics[topic]?.partitions ?? 0))).to.equal(
      true,
    );
    expect(consumers.every(({ slot }) => slot >= 1)).to.equal(true);
  });

  it('refuses what makes no sense', () => {
    for (const args of [['--agents', '0'], ['--hosts-per-vpc', 'x'], ['more']]) {
      expect(() => readRestartOptions(args), args.join(' ')).to.throw(UsageError);
    }
  });
});
