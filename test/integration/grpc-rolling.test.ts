import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, credentials } from '@grpc/grpc-js';
import { expect } from 'chai';
import { openControlClient } from '../../adapters/grpc/client.ts';
import { findProtoDirectory, loadControl } from '../../adapters/grpc/loader.ts';
import { startGrpcServer, type GrpcServer } from '../../adapters/grpc/server.ts';
import { PlatformError } from '../../core/errors.ts';
import { silentLogger } from '../../core/logger.ts';
import { pause } from '../../core/retry.ts';
import { freePorts } from '../../scripts/free-ports.ts';

const CALLERS = 20;

describe('servers that are restarted one after the other under calls', () => {
  let addresses: string[];
  let servers: GrpcServer[];

  beforeEach(async () => {
    addresses = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
    servers = await Promise.all(addresses.map(start));
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.drain(0)));
  });

  function start(address: string): Promise<GrpcServer> {
    const getVpc = async ({ id }: { id: string }) => {
      await pause(2);
      return { id };
    };
    return startGrpcServer({ handlers: { getVpc }, address, logger: silentLogger });
  }

  /** Calls all the time while each server stops and starts, and answers with what was not OK, by code. */
  async function underLoad(call: (n: number) => Promise<unknown>): Promise<Map<string, number>> {
    const errors = new Map<string, number>();
    const end = new AbortController();
    let calls = 0;
    const callers = Array.from({ length: CALLERS }, async () => {
      while (!end.signal.aborted) {
        try {
          await call(calls++);
        } catch (error) {
          const code = error instanceof PlatformError ? error.code : String(error);
          errors.set(code, (errors.get(code) ?? 0) + 1);
        }
      }
    });
    for (const [n, address] of addresses.entries()) {
      const before = calls;
      await servers[n]!.drain(5_000);
      servers[n] = await start(address);
      // Both take calls again.
      while (calls < before + 3 * CALLERS) await pause(5);
    }
    end.abort();
    await Promise.all(callers);
    return errors;
  }

  it('cost a client in any language nothing that the published service config does not absorb', async () => {
    const config = await readFile(join(findProtoDirectory(), 'vpcast/v1/service_config.json'), 'utf8');
    const client = new Client(`ipv4:${addresses.join(',')}`, credentials.createInsecure(), {
      'grpc.service_config': config,
    });
    const { GetVpc } = loadControl().vpcast.v1.ControlService.service;
    try {
      const errors = await underLoad(
        (n) =>
          new Promise((resolve, reject) => {
            const { path, requestSerialize, responseDeserialize } = GetVpc;
            client.makeUnaryRequest(
              path,
              requestSerialize,
              responseDeserialize,
              { id: `vpc-${n}` },
              (error, answer) => {
                if (error === null) resolve(answer);
                else reject(error);
              },
            );
          }),
      );
      expect([...errors]).to.deep.equal([]);
    } finally {
      client.close();
    }
  });

  for (const [target, targetOf] of [
    ['one target with both', () => `ipv4:${addresses.join(',')}`],
    ['a list of both', () => addresses],
  ] as const) {
    it(`cost our own client, with ${target}, nothing that its repeats do not absorb`, async () => {
      const repeats: string[] = [];
      const onRepeat = ({ code }: PlatformError) => repeats.push(code);
      const client = openControlClient({ addresses: targetOf(), onRepeat });
      try {
        expect([...(await underLoad((n) => client.getVpc({ id: `vpc-${n}` })))]).to.deep.equal([]);
        expect(repeats.filter((code) => code !== 'unavailable')).to.deep.equal([]);
      } finally {
        client.close();
      }
    });
  }
});
