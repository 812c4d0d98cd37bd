import { expect } from 'chai';
import { planBoots } from '../../../bench/boot/plan.ts';

describe('plan of the boots', () => {
  const options = { hosts: 40, vpcs: 20, membersPerVpc: 4, samples: 300, seed: 1 };
  const { members, samples } = planBoots(options);
  const name = ({ vpc, host }: { vpc: number; host: number }): string => `${vpc}/${host}`;
  const first = new Set(members.map(name));

  it('gives each VPC its first members', () => {
    expect(first.size).to.equal(80);
    for (let vpc = 0; vpc < 20; vpc++) expect(members.filter((one) => one.vpc === vpc)).to.have.length(4);
  });

  it('has as many members as joining hosts', () => {
    expect(samples.filter(({ kind }) => kind === 'member')).to.have.length(150);
    expect(samples).to.have.length(300);
  });

  it('boots members where they are members', () => {
    expect(samples.every((sample) => sample.kind === 'joining' || first.has(name(sample)))).to.equal(true);
  });

  it('has a host join a VPC once only, and never as one of the first', () => {
    const joins = samples.filter(({ kind }) => kind === 'joining').map(name);
    expect(new Set([...joins, ...first]).size).to.equal(joins.length + first.size);
  });

  it('is the same for the same seed', () => {
    expect(planBoots(options)).to.deep.equal({ members, samples });
    expect(planBoots({ ...options, seed: 2 }).samples).not.to.deep.equal(samples);
  });

  it('refuses more joins than there are hosts for', () => {
    expect(() => planBoots({ ...options, samples: 2_000 })).to.throw('too few');
  });
});
