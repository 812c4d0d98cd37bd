import { resolve } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import type { ServiceError } from '@grpc/grpc-js';
import { createErrorTranslator } from '../../adapters/grpc/errors.ts';
import type { DumpItem } from '../../proto/gen/vpcast/agent/v1/DumpItem.ts';
import type { ExplainPortResponse } from '../../proto/gen/vpcast/agent/v1/ExplainPortResponse.ts';
import type { ListPortsResponse } from '../../proto/gen/vpcast/agent/v1/ListPortsResponse.ts';
import type { ListVpcsResponse } from '../../proto/gen/vpcast/agent/v1/ListVpcsResponse.ts';
import type { Status } from '../../proto/gen/vpcast/agent/v1/Status.ts';
import { loadAgentService } from './service.ts';

/** Asks a running agent on its socket. Every failure is a PlatformError, `unavailable` where no agent answers. */
export interface AgentClient {
  getStatus(): Promise<Status>;
  listVpcs(): Promise<ListVpcsResponse>;
  listPorts(neighbors: boolean): Promise<ListPortsResponse>;
  explainPort(portId: string): Promise<ExplainPortResponse>;
  dump(): AsyncIterable<DumpItem>;
  close(): void;
}

const DEADLINE_MS = 10_000;

export function openAgentClient(path: string): AgentClient {
  const Service = loadAgentService();
  // From the same machine, and what a host holds of its ports has no limit.
  const channelOptions = { 'grpc.max_receive_message_length': -1 };
  const client = new Service(`unix:${resolve(path)}`, credentials.createInsecure(), channelOptions);
  const errors = createErrorTranslator();

  function call<T>(
    start: (
      options: { deadline: number },
      done: (error: ServiceError | null, answer: T | undefined) => void,
    ) => unknown,
  ): Promise<T> {
    return new Promise((fulfil, reject) => {
      start({ deadline: Date.now() + DEADLINE_MS }, (error, answer) => {
        if (answer === undefined) reject(errors.fromServiceError(error));
        else fulfil(answer);
      });
    });
  }

  async function* dump(): AsyncGenerator<DumpItem> {
    const stream: AsyncIterable<DumpItem> = client.dump({});
    try {
      yield* stream;
    } catch (error) {
      throw errors.fromServiceError(error);
    }
  }

  return {
    getStatus: () => call<Status>((options, done) => client.getStatus({}, options, done)),
    listVpcs: () => call<ListVpcsResponse>((options, done) => client.listVpcs({}, options, done)),
    listPorts: (neighbors) =>
      call<ListPortsResponse>((options, done) => client.listPorts({ neighbors }, options, done)),
    explainPort: (portId) =>
      call<ExplainPortResponse>((options, done) => client.explainPort({ portId }, options, done)),
    dump,
    close: () => {
      client.close();
    },
  };
}
