import { readFileSync } from 'node:fs';

const manifest = new URL('../peers/package.json', import.meta.url);

interface Versions {
  readonly maven: { readonly kafka: string; readonly rocketmq: string };
  readonly python: { readonly 'oslo.messaging': string };
  readonly debian: { readonly 'rabbitmq-server': string };
}

/** Of the brokers and of what is not from npm, from the manifest that also has what is. */
export function peerVersions(): Versions {
  return JSON.parse(readFileSync(manifest, 'utf8')) as Versions;
}
