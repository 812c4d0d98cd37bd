import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync, type Options, type PackageDefinition } from '@grpc/proto-loader';
import type { ProtoGrpcType } from '../../proto/gen/control.ts';

/** scripts/generate-types.mjs makes the types for these very options; change both or neither. */
export const loaderOptions = {
  keepCase: false,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
} satisfies Options;

const controlFile = 'vpcast/v1/control.proto';

/** The nearest `proto` folder above this file: the sources' own, or the one beside `dist`. */
export function findProtoDirectory(from: string = import.meta.url): string {
  let folder = dirname(fileURLToPath(from));
  for (;;) {
    // The compiled types lie in dist/proto, so the folder's name alone does not tell.
    if (existsSync(join(folder, 'proto', controlFile))) return join(folder, 'proto');
    const parent = dirname(folder);
    if (parent === folder)
      throw new Error(`no proto/${controlFile} in any folder above ${fileURLToPath(from)}`);
    folder = parent;
  }
}

export function loadDefinition(
  files: string | string[],
  protoDirectory = findProtoDirectory(),
): PackageDefinition {
  return loadSync(files, { ...loaderOptions, includeDirs: [protoDirectory] });
}

export function loadControlDefinition(protoDirectory?: string): PackageDefinition {
  return loadDefinition(controlFile, protoDirectory);
}

/** The contract's messages and services, typed by what `npm run generate` made of the same files. */
export function loadControl(protoDirectory?: string): ProtoGrpcType {
  return loadPackageDefinition(loadControlDefinition(protoDirectory)) as unknown as ProtoGrpcType;
}
