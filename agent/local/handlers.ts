import type { StreamingHandler, UnaryHandler } from '../../adapters/grpc/methods.ts';
import { invalid } from '../../core/errors.ts';
import type { DumpItemInput } from '../../proto/gen/vpcast/agent/v1/DumpItem.ts';
import type { ExplainPortRequest } from '../../proto/gen/vpcast/agent/v1/ExplainPortRequest.ts';
import type { ExplainPortResponseInput } from '../../proto/gen/vpcast/agent/v1/ExplainPortResponse.ts';
import type { ListPortsRequest } from '../../proto/gen/vpcast/agent/v1/ListPortsRequest.ts';
import type { ListPortsResponseInput } from '../../proto/gen/vpcast/agent/v1/ListPortsResponse.ts';
import type { ListVpcsResponseInput } from '../../proto/gen/vpcast/agent/v1/ListVpcsResponse.ts';
import type { StatusInput } from '../../proto/gen/vpcast/agent/v1/Status.ts';
import { describePorts, describeStatus, describeVpcs } from './describe.ts';
import type { Described, ProcessFacts } from './describe.ts';
import { explainPort } from './explain.ts';

export interface LocalHandlers {
  readonly getStatus: UnaryHandler<object, StatusInput>;
  readonly listVpcs: UnaryHandler<object, ListVpcsResponseInput>;
  readonly listPorts: UnaryHandler<ListPortsRequest, ListPortsResponseInput>;
  readonly explainPort: UnaryHandler<ExplainPortRequest, ExplainPortResponseInput>;
  readonly dump: StreamingHandler<object, DumpItemInput>;
}

/** One function for each rpc of the socket. */
export function localHandlers(agent: Described, facts: ProcessFacts): LocalHandlers {
  return {
    getStatus: () => Promise.resolve(describeStatus(agent, facts)),
    listVpcs: () => Promise.resolve({ vpcs: describeVpcs(agent) }),
    listPorts: ({ neighbors }) => Promise.resolve({ ports: describePorts(agent, neighbors) }),
    explainPort: ({ portId }) => {
      if (portId === '') return Promise.reject(invalid('port_id', 'is empty'));
      return Promise.resolve(explainPort(agent, portId));
    },
    dump: () => dump(agent, facts),
  };
}

// eslint-disable-next-line @typescript-eslint/require-await -- read as fast as the caller takes it
async function* dump(agent: Described, facts: ProcessFacts): AsyncGenerator<DumpItemInput> {
  yield { status: describeStatus(agent, facts) };
  for (const { scope, epoch, incarnation, revision, needsSnapshot } of agent.scopes()) {
    yield { scope: { scope, epoch, incarnation, revision, needsSnapshot } };
    for (const { key, revision: at, body = '' } of agent.entries(scope).values())
      yield { entry: { scope, key, revision: at, body } };
  }
}
