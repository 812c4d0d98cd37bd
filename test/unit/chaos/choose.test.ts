import { expect } from 'chai';
import { seeded } from '../../../bench/random.ts';
import { Ledger } from '../../../chaos/model/ledger.ts';
import { chooseOperation } from '../../../chaos/workload/choose.ts';
import { World } from '../../../chaos/workload/world.ts';

const HOSTS = ['a', 'b', 'c'];

/** Carries out what is chosen, all of it acknowledged, and answers with the names in order. */
function play(world: World, writes: number): { names: string[]; deletes: number } {
  const names: string[] = [];
  let deletes = 0;
  while (names.length < writes) {
    const operation = chooseOperation(world);
    if (operation === undefined) continue;
    operation.done();
    operation.ended?.();
    names.push(operation.name);
    if (operation.deletes) deletes++;
  }
  return { names, deletes };
}

describe('the workload', () => {
  it('deletes with more than a quarter of its writes, and comes to a balance', () => {
    for (let seed = 0; seed < 10; seed++) {
      const world = new World('t', HOSTS, seeded(seed));
      const { deletes } = play(world, 2_000);
      expect(deletes, `seed ${seed}`).to.be.at.least(550);
      expect(world.vpcs.size).to.be.within(5, 20);
      expect(world.ports()).to.be.within(40, 180);
    }
  });

  it('does everything that it can do, and gives no id twice', () => {
    const world = new World('t', HOSTS, seeded(1));
    const { names } = play(world, 3_000);
    const ports = ['create-port', 'update-port', 'bind-port', 'migrate-port', 'unbind-port', 'delete-port'];
    const groups = ['create-group', 'update-group', 'add-rule', 'remove-rule', 'delete-group'];
    const others = ['vpc', 'subnet', 'route-table'].flatMap((kind) =>
      ['create', 'update', 'delete'].map((verb) => `${verb}-${kind}`),
    );
    expect([...new Set(names)]).to.have.members([...ports, ...groups, ...others]);
    expect(new Set(world.vpcIds).size).to.equal(world.vpcIds.length);
  });

  it('does not write to what is being written to', () => {
    const world = new World('t', HOSTS, seeded(3));
    play(world, 500);
    const busy = new Set<string>();
    for (let n = 0; n < 50; n++) {
      const operation = chooseOperation(world);
      if (operation === undefined) continue;
      expect(busy).not.to.include(operation.thing.id);
      busy.add(operation.thing.id);
      operation.thing.isBusy = true;
      operation.vpc.underWay++;
    }
    expect(busy.size).to.be.greaterThan(20);
  });

  it('keeps VPCs to write to while none can be made', () => {
    const world = new World('t', HOSTS, seeded(5));
    play(world, 500);
    for (let n = 0; n < 5_000; n++) {
      const operation = chooseOperation(world);
      if (operation === undefined) continue;
      if (operation.name !== 'create-vpc') operation.done();
      operation.ended?.();
    }
    expect(world.vpcs.size).to.be.at.least(5);
  });

  it('leaves nothing in the ledger of a VPC that it deleted', () => {
    const world = new World('t', HOSTS, seeded(4));
    const ledger = new Ledger();
    const gone = new Set<string>();
    for (let n = 0; n < 5_000; n++) {
      const operation = chooseOperation(world);
      if (operation === undefined) continue;
      ledger.begin(operation.changes).acknowledged();
      operation.done();
      operation.ended?.();
      if (operation.name === 'delete-vpc') gone.add(operation.vpc.id);
    }
    const demanded = ledger.losses(new Map()).map(({ cell }) => cell.slice(0, cell.indexOf(' ')));
    expect(gone.size).to.be.greaterThan(10);
    expect(demanded.filter((vpcId) => gone.has(vpcId))).to.deep.equal([]);
    expect(demanded).not.to.deep.equal([]);
  });

  it('gives each VPC a few of many hosts, and each host something to do', () => {
    const hosts = Array.from({ length: 200 }, (_, n) => `host-${n}`);
    const world = new World('t', hosts, seeded(6));
    play(world, 20_000);
    const used = new Set([...world.vpcs].flatMap((vpc) => [...vpc.ports].map(({ host }) => host)));
    used.delete('');
    expect(used.size).to.be.greaterThan(100);
    for (const vpc of world.vpcs) {
      expect(vpc.hosts.length).to.be.within(2, 5);
      for (const { host } of vpc.ports) expect(['', ...vpc.hosts]).to.include(host);
    }
  });
});
