/**
 * The journal's bytes: a header, then frames of length, CRC-32 and JSON. Whatever follows the first frame that is cut
 * short or does not match its sum is not read.
 */
import { crc32 } from 'node:zlib';
import { PlatformError } from '../../core/errors.ts';

const MAGIC = Buffer.from('vpcastj\n');
const FORMAT = 1;
const FRAME_HEAD = 8;
export const HEADER_BYTES = MAGIC.length + FRAME_HEAD;

export function encodeFileHeader(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(FORMAT, MAGIC.length);
  header.writeUInt32LE(crc32(header.subarray(0, MAGIC.length + 4)), MAGIC.length + 4);
  return header;
}

export function encodeFrame(value: unknown): Buffer {
  const json = JSON.stringify(value);
  const bytes = Buffer.byteLength(json);
  const frame = Buffer.allocUnsafe(FRAME_HEAD + bytes);
  frame.write(json, FRAME_HEAD);
  frame.writeUInt32LE(bytes, 0);
  frame.writeUInt32LE(sum(frame), 4);
  return frame;
}

/** Covers the length, too: a frame of zeros is not a frame. */
function sum(frame: Buffer): number {
  return crc32(frame.subarray(FRAME_HEAD), crc32(frame.subarray(0, 4)));
}

export interface Scanned {
  readonly values: readonly unknown[];
  /** Bytes up to the end of the last good frame; 0 = not even the header is. */
  readonly goodBytes: number;
}

/** Throws `failed_precondition` for a file of another format. */
export function scan(file: Buffer): Scanned {
  const values: unknown[] = [];
  if (!hasHeader(file)) return { values, goodBytes: 0 };
  let at = HEADER_BYTES;
  while (at + FRAME_HEAD <= file.length) {
    const end = at + FRAME_HEAD + file.readUInt32LE(at);
    if (end > file.length) break;
    const frame = file.subarray(at, end);
    if (sum(frame) !== frame.readUInt32LE(4)) break;
    values.push(JSON.parse(frame.toString('utf8', FRAME_HEAD)));
    at = end;
  }
  return { values, goodBytes: at };
}

function hasHeader(file: Buffer): boolean {
  if (file.length < HEADER_BYTES) return false;
  const end = HEADER_BYTES - 4;
  if (crc32(file.subarray(0, end)) !== file.readUInt32LE(end)) return false;
  const format = file.readUInt32LE(MAGIC.length);
  if (format !== FORMAT) {
    throw new PlatformError('failed_precondition', `the state is of format ${format}, not ${FORMAT}`);
  }
  return true;
}
