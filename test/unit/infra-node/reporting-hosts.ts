/** Hosts of one VPC that receive and report when the test says so. */
import { expect } from 'chai';
import { decodeHeader } from '../../../core/codec/envelope.ts';
import type { ChangesHeader, Header } from '../../../core/codec/envelope.ts';
import { scopes } from '../../../core/model/keys.ts';
import { compileView } from '../../../core/model/view.ts';
import type { OutgoingMessage } from '../../../core/messaging/port.ts';
import type { Scope } from '../../../core/store/port.ts';
import { readSnapshot } from '../../../core/store/snapshot.ts';
import { dispatchScope } from '../../../infra-node/dispatch.ts';
import type { Node } from '../../../infra-node/node.ts';
import { SimulatedHost } from './simulated-host.ts';
import { VpcFixture, nothing, resume, vpcScope } from './vpc-fixture.ts';

export class ReportingHosts {
  readonly fixture = new VpcFixture();
  readonly hosts = new Map<string, SimulatedHost>();
  #changes = 0;

  /** Each host with a port of its own. */
  async join(node: Node, ids: readonly string[]): Promise<void> {
    await this.fixture.createVpc();
    for (const [i, id] of ids.entries()) {
      this.hosts.set(id, new SimulatedHost(await this.fixture.register(id, 100 + i), this.fixture.east));
      await this.fixture.bind(`p-${id}`, [id]);
    }
    await dispatchScope(node, vpcScope, nothing);
    for (const id of ids) await dispatchScope(node, scopes.host(id), nothing);
    for (const id of ids) await this.report(id);
  }

  /** One more revision of a record that all hosts receive. */
  async change(id = 'shared'): Promise<void> {
    await this.fixture.bind(id, [], `version ${++this.#changes}`);
  }

  /** The host reads what is there, or so many messages of each slot, and says how far it is; answers for which scopes it was held. */
  async report(id: string, limit?: number): Promise<Scope[]> {
    const host = this.host(id);
    host.receive(limit);
    const behind: Scope[] = [];
    for (const [scope, { epoch, incarnation, revision }] of host.replicas) {
      if (await this.fixture.report(scope, id, { epoch, incarnation, revision })) behind.push(scope);
    }
    return behind;
  }

  /** The same, with what the control service and a node make of it. */
  async reportAndResume(node: Node, id: string): Promise<void> {
    for (const scope of await this.report(id)) await dispatchScope(node, scope, resume);
  }

  /** These are not heard of any more, and the node knows it. */
  async expire(node: Node, ...gone: string[]): Promise<void> {
    const { store } = this.fixture;
    const now = await store.leaseClock();
    await store.hear(gone, now);
    const then = await store.advanceLeaseClock(now, node.options.leaseMs + 1);
    await store.hear(
      [...this.hosts.keys()].filter((id) => !gone.includes(id)),
      then,
    );
    await node.offline.poll();
  }

  /** What is done when what was sent is lost: only what the host has reported counts as sent. */
  async forgetSent(id: string): Promise<void> {
    const { store } = this.fixture;
    const { token, dispatched } = await store.beginDispatch(vpcScope);
    const [report] = await store.reports(vpcScope, [id]);
    await store.advance({
      scope: vpcScope,
      token,
      dispatched,
      sent: new Map([[id, report?.revision ?? 0]]),
    });
  }

  /** What waits in the host's slot of the VPC. */
  async waiting(id: string): Promise<OutgoingMessage[]> {
    const member = await this.fixture.member(id);
    if (member === undefined) throw new Error(`${id} is not a member`);
    const { topic } = this.fixture.vpcLane;
    return this.fixture.east.slot({ topic, partition: member.partition, slot: member.slot });
  }

  async headers(id: string): Promise<Header[]> {
    return (await this.waiting(id)).map(({ properties }) => decodeHeader(properties));
  }

  async ranges(id: string): Promise<ChangesHeader[]> {
    return (await this.headers(id)).filter((header) => header.kind === 'changes');
  }

  async expectConverged(ids: Iterable<string> = this.hosts.keys()): Promise<void> {
    const { records } = await readSnapshot(this.fixture.store, vpcScope);
    for (const id of ids) {
      const held = this.host(id).replicas.get(vpcScope)?.entries;
      expect(Object.fromEntries(held ?? []), id).to.deep.equal(
        Object.fromEntries(compileView(records.values(), id)),
      );
    }
  }

  host(id: string): SimulatedHost {
    const host = this.hosts.get(id);
    if (host === undefined) throw new Error(`no host ${id}`);
    return host;
  }
}
