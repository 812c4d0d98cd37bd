// Types for the gRPC contract, from the proto files, with the options that adapters/grpc/loader.ts loads them with.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';

rmSync('proto/gen', { recursive: true, force: true });
const { status } = spawnSync(
  'node_modules/.bin/proto-loader-gen-types',
  [
    '--longs=Number',
    '--enums=String',
    '--defaults',
    '--oneofs',
    '--includeComments',
    '--grpcLib=@grpc/grpc-js',
    '--targetFileExtension=.ts',
    '--importFileExtension=.ts',
    '--inputTemplate=%sInput',
    '--outputTemplate=%s',
    '--includeDirs=proto',
    '--outDir=proto/gen',
    'vpcast/v1/control.proto',
    'vpcast/agent/v1/agent.proto',
  ],
  { stdio: ['ignore', 'ignore', 'inherit'] },
);
process.exitCode = status ?? 1;
