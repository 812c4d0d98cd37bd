import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import {
  controlTlsSettings,
  readControlTls,
  readServerTls,
  serverTlsSettings,
} from '../../../adapters/backing/tls.ts';
import { readSettings } from '../../../adapters/process/env.ts';

const file = fileURLToPath(import.meta.url);

describe('settings of TLS for the gRPC service', () => {
  const server = (env: Record<string, string>) => readServerTls(readSettings(serverTlsSettings, env, []));
  const control = (env: Record<string, string>) => readControlTls(readSettings(controlTlsSettings, env, []));

  it('are off unless a certificate, or TLS, is asked for', () => {
    expect(server({})).to.equal(undefined);
    expect(control({})).to.equal(undefined);
    expect(server({ VPCAST_GRPC_CERT_FILE: file, VPCAST_GRPC_KEY_FILE: file })).to.deep.equal({
      certFile: file,
      keyFile: file,
      caFile: undefined,
    });
    expect(control({ VPCAST_CONTROL_TLS: 'true' })).to.deep.equal({
      certFile: undefined,
      keyFile: undefined,
      caFile: undefined,
    });
    expect(control({ VPCAST_CONTROL_TLS: 'true', VPCAST_CONTROL_CA_FILE: file })).to.include({
      caFile: file,
    });
  });

  it('must go together', () => {
    expect(() => server({ VPCAST_GRPC_CERT_FILE: file })).to.throw('go together');
    expect(() => server({ VPCAST_GRPC_KEY_FILE: file })).to.throw('go together');
    expect(() => server({ VPCAST_GRPC_CLIENT_CA_FILE: file })).to.throw('needs VPCAST_GRPC_CERT_FILE');
    expect(() => control({ VPCAST_CONTROL_TLS: 'true', VPCAST_CONTROL_KEY_FILE: file })).to.throw(
      'go together',
    );
    expect(() => control({ VPCAST_CONTROL_CA_FILE: file })).to.throw('VPCAST_CONTROL_TLS must be true');
    expect(() => server({ VPCAST_GRPC_CERT_FILE: '/nowhere' })).to.throw('a file that can be read');
  });
});
