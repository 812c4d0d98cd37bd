// TLS of the gRPC service: settings of the server, and of whoever calls it.
import { SettingsError, setting } from '../process/env.ts';
import type { Settings } from '../process/env.ts';
import type { CertificateFiles } from '../grpc/certificates.ts';
import { readableFile } from './forms.ts';

export const serverTlsSettings = {
  grpcCertFile: setting.optional(
    readableFile('VPCAST_GRPC_CERT_FILE', {
      description:
        'Certificate (PEM) of the gRPC service, which takes nothing but TLS with it; read again when it changes',
    }),
  ),
  grpcKeyFile: setting.optional(
    readableFile('VPCAST_GRPC_KEY_FILE', { description: 'Key (PEM) of that certificate' }),
  ),
  grpcClientCaFile: setting.optional(
    readableFile('VPCAST_GRPC_CLIENT_CA_FILE', {
      description: 'Certificates (PEM) of authorities; callers have to show a certificate of one of them',
    }),
  ),
};

export const controlTlsSettings = {
  controlTls: setting.bool('VPCAST_CONTROL_TLS', {
    description: 'The control service is called with TLS',
    default: false,
  }),
  controlCaFile: setting.optional(
    readableFile('VPCAST_CONTROL_CA_FILE', {
      description:
        "Certificates (PEM) that the control service's is checked against; the well-known ones unless it is set",
    }),
  ),
  controlCertFile: setting.optional(
    readableFile('VPCAST_CONTROL_CERT_FILE', {
      description: 'Certificate (PEM) to show to the control service',
    }),
  ),
  controlKeyFile: setting.optional(
    readableFile('VPCAST_CONTROL_KEY_FILE', { description: 'Key (PEM) of that certificate' }),
  ),
};

/** Undefined = no TLS. Throws SettingsError for settings that are well-formed each, but not together. */
export function readServerTls(settings: Settings<typeof serverTlsSettings>): CertificateFiles | undefined {
  const { grpcCertFile: certFile, grpcKeyFile: keyFile, grpcClientCaFile: caFile } = settings;
  const problems = pairProblems('VPCAST_GRPC', certFile, keyFile);
  if (caFile !== undefined && certFile === undefined) {
    problems.push('VPCAST_GRPC_CLIENT_CA_FILE needs VPCAST_GRPC_CERT_FILE');
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return certFile === undefined ? undefined : { certFile, keyFile, caFile };
}

/** The same for a caller. */
export function readControlTls(settings: Settings<typeof controlTlsSettings>): CertificateFiles | undefined {
  const { controlTls, controlCaFile: caFile, controlCertFile: certFile, controlKeyFile: keyFile } = settings;
  const problems = pairProblems('VPCAST_CONTROL', certFile, keyFile);
  // Whoever names files does not mean to call in the clear.
  if (!controlTls && (caFile ?? certFile) !== undefined) {
    problems.push('VPCAST_CONTROL_TLS must be true with VPCAST_CONTROL_CA_FILE or VPCAST_CONTROL_CERT_FILE');
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return controlTls ? { certFile, keyFile, caFile } : undefined;
}

function pairProblems(prefix: string, certFile: string | undefined, keyFile: string | undefined): string[] {
  const goTogether = (certFile === undefined) === (keyFile === undefined);
  return goTogether ? [] : [`${prefix}_CERT_FILE and ${prefix}_KEY_FILE go together`];
}
