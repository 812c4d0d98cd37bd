import { splitScope } from '../core/model/keys.ts';
import type { Scope, ScopeKind } from '../core/store/port.ts';
import { HostTurn } from './dispatch-host.ts';
import { dispatchPublic } from './dispatch-public.ts';
import { VpcTurn } from './dispatch-vpc.ts';
import type { Node } from './node.ts';
import type { Demand } from './resyncs.ts';

/**
 * Sends what the scope's log holds beyond what was dispatched, what held hosts missed, and the snapshots that were asked
 * for. False = another node took a turn meanwhile and goes on from here.
 */
export async function dispatchScope(node: Node, scope: Scope, demand: Demand): Promise<boolean> {
  if (demand.resyncs.size + demand.tails.size === 0 && !demand.resume) {
    const { dispatched, revision } = await node.store.status(scope);
    if (dispatched >= revision) return true;
  }
  node.count('dispatches');
  const isOurs = await takeTurn(node, scope, demand);
  if (!isOurs) node.count('fenced');
  return isOurs;
}

function takeTurn(node: Node, scope: Scope, demand: Demand): Promise<boolean> {
  const { kind } = splitScope(scope);
  switch (kind as ScopeKind) {
    case 'vpc':
      return VpcTurn.run(node, scope, demand);
    case 'host':
      return HostTurn.run(node, scope, demand);
    case 'public':
      return dispatchPublic(node, scope, demand);
    case 'lane':
    case 'region':
      return passOver(node, scope);
    default:
      node.logger.error('a scope of unknown kind cannot be dispatched', { scope });
      return Promise.resolve(true);
  }
}

/** Nothing of these scopes goes to hosts. */
async function passOver(node: Node, scope: Scope): Promise<boolean> {
  const { token, revision } = await node.store.beginDispatch(scope);
  return node.store.advance({ scope, token, dispatched: revision, sent: new Map() });
}
