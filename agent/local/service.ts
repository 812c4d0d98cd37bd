import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadDefinition } from '../../adapters/grpc/loader.ts';
import type { ProtoGrpcType } from '../../proto/gen/agent.ts';

/** The contract of the socket: its service, and the class of its clients. */
export function loadAgentService(): ProtoGrpcType['vpcast']['agent']['v1']['AgentService'] {
  const loaded = loadPackageDefinition(loadDefinition('vpcast/agent/v1/agent.proto'));
  return (loaded as unknown as ProtoGrpcType).vpcast.agent.v1.AgentService;
}
