import { UsageError } from '../usage.ts';

export const PAYLOAD_BYTES = 512;

/** What a change of a port looks like to the other hosts of its VPC, padded to the size; the same for all designs. */
export function encodePayload(n: number): string {
  const entry = {
    multicast: n,
    kind: 'neighbour',
    id: '3dda2801-d675-4688-a63f-dcda8d327f50',
    vpc: '9192a4d4-ffff-4ece-b3f0-8d36e3d88001',
    macAddress: 'fa:16:3e:00:00:01',
    addresses: ['10.0.0.17', 'fd00::17'],
    vtepIp: '198.18.0.17',
    filler: '',
  };
  const { length } = JSON.stringify(entry);
  if (length > PAYLOAD_BYTES) throw new UsageError(`multicast ${n} does not fit into ${PAYLOAD_BYTES} bytes`);
  return JSON.stringify({ ...entry, filler: '.'.repeat(PAYLOAD_BYTES - length) });
}

/** The number of the multicast; throws for what is not a whole payload. */
export function decodePayload(text: string): number {
  const entry: unknown = JSON.parse(text);
  if (typeof entry !== 'object' || entry === null || !('multicast' in entry)) throw new Error('no payload');
  if (typeof entry.multicast !== 'number' || text.length !== PAYLOAD_BYTES)
    throw new Error('not a whole payload');
  return entry.multicast;
}
