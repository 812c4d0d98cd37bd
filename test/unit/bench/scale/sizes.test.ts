import { expect } from 'chai';
import { hostsOf, sizeClasses, sumOver } from '../../../../bench/scale/sizes.ts';

describe('VPC sizes of the scale model', () => {
  const mix = { hosts: 10_000, vpcsPerHost: 20, exponent: 1.1, largest: 1_000 };
  const classes = sizeClasses(mix);

  it('fill the hosts with as many VPCs as they shall have', () => {
    expect(sumOver(classes, ({ vpcs, hosts }) => vpcs * hosts)).to.be.closeTo(200_000, 1e-3);
  });

  it('are within the limits', () => {
    expect(classes.every(({ ports }) => ports > 1 && ports < 1_000)).to.equal(true);
  });

  it('follow the power law', () => {
    const above = (least: number): number =>
      sumOver(classes, ({ ports, vpcs }) => (ports > least ? vpcs : 0)) /
      sumOver(classes, ({ vpcs }) => vpcs);
    // (10^-1.1 - 1000^-1.1) / (1 - 1000^-1.1)
    expect(above(10)).to.be.closeTo(0.07897, 1e-4);
    expect(above(100)).to.be.closeTo(0.00581, 1e-4);
  });

  it('fall on different hosts, as far as there are any', () => {
    expect(hostsOf(1, 100)).to.be.closeTo(1, 1e-9);
    // The second port falls on the first one's host in one of a hundred cases.
    expect(hostsOf(2, 100)).to.be.closeTo(1.99, 1e-9);
    expect(hostsOf(100_000, 100)).to.be.closeTo(100, 1e-6);
  });
});
