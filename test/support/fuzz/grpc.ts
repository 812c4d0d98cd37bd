/** Calls that no gRPC client makes: frames of HTTP/2 with any bytes in them. */
import { connect, constants } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import { bytes } from './random.ts';
import type { Random } from './random.ts';

export interface RawAnswer {
  /** Of the HTTP/2 stream's trailers, or of its headers where there is nothing but those; undefined = it was broken off. */
  readonly status: number | undefined;
  readonly message: string;
}

export class RawGrpc {
  readonly #session: ClientHttp2Session;
  readonly #service: string;

  constructor(address: string, service: string) {
    this.#session = connect(`http://${address}`);
    // A stream that fails says so itself.
    this.#session.on('error', () => undefined);
    this.#service = service;
  }

  get isOpen(): boolean {
    return !this.#session.closed && !this.#session.destroyed;
  }

  call(method: string, body: Buffer, timeoutMs = 30_000): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: `/${this.#service}/${method}`,
        'content-type': 'application/grpc+proto',
        te: 'trailers',
      });
      let answer: RawAnswer = { status: undefined, message: '' };
      const note = (headers: object): void => {
        const found = headers as Readonly<Record<string, string | undefined>>;
        const status = found['grpc-status'];
        if (status === undefined) return;
        answer = { status: Number(status), message: decodeURIComponent(found['grpc-message'] ?? '') };
        // A stream of answers would go on.
        stream.close();
      };
      const timer = setTimeout(() => {
        stream.close();
        reject(new Error(`${method} did not answer ${body.toString('hex', 0, 60)}`));
      }, timeoutMs);
      stream.on('response', (headers) => {
        note(headers);
        if (method.startsWith('Watch')) {
          setTimeout(() => {
            stream.close();
          }, 50).unref();
        }
      });
      stream.on('trailers', note);
      stream.on('error', () => undefined);
      stream.on('close', () => {
        clearTimeout(timer);
        resolve(answer);
      });
      stream.resume();
      stream.end(body);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#session.close(resolve);
    });
  }
}

/** A gRPC frame as it should be, unless the length or the flag say otherwise. */
export function frame(message: Buffer, length = message.length, compressed = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed, 0);
  head.writeUInt32BE(length, 1);
  return Buffer.concat([head, message]);
}

export interface BadBody {
  readonly body: Buffer;
  /** The bytes are protobuf, though not what the rpc asks for: it may refuse them by what they say, or not. */
  readonly isProtobuf: boolean;
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) out.push((rest % 128) | 128);
  return Buffer.from([...out, rest]);
}

function field(number: number, wireType: number, contents: Buffer): Buffer {
  return Buffer.concat([varint(number * 8 + wireType), contents]);
}

function text(number: number, contents: Buffer, length = contents.length): Buffer {
  return field(number, 2, Buffer.concat([varint(length), contents]));
}

export function badBody(random: Random, valid: Buffer): BadBody {
  const number = random.integer(1, 20);
  const broken = (body: Buffer): BadBody => ({ body, isProtobuf: false });
  const readable = (message: Buffer): BadBody => ({ body: frame(message), isProtobuf: true });
  switch (random.integer(0, 11)) {
    case 0:
      return broken(bytes(random, 100));
    case 1:
      return readable(bytes(random, 100));
    case 2:
      return readable(valid.subarray(0, random.integer(0, valid.length)));
    case 3:
      // More is promised than comes.
      return broken(frame(valid, random.pick([valid.length + 1, 2 ** 20, 2 ** 31, 2 ** 32 - 1])));
    case 4:
      // grpc-js takes a message for compressed only where the flag is 1, and inflates nothing without an encoding.
      return { body: frame(valid, valid.length, random.pick([1, 2, 255])), isProtobuf: true };
    case 5:
      // Two messages where there is to be one.
      return broken(Buffer.concat([frame(valid), frame(valid)]));
    case 6:
      return readable(
        Buffer.concat([valid, field(random.integer(100, 500_000), 0, varint(random.integer(0, 2 ** 31)))]),
      );
    case 7:
      return readable(field(number, random.integer(0, 7), bytes(random, 20)));
    case 8:
      return readable(text(number, bytes(random, 20), random.pick([2 ** 20, 2 ** 31, 2 ** 40])));
    case 9: {
      // Messages in messages, or groups in groups.
      let message: Buffer = Buffer.alloc(0);
      const depth = random.pick([10, 200]);
      for (let n = 0; n < depth; n++) message = text(number, message);
      return readable(random.pick([message, Buffer.alloc(random.pick([1_000, 200_000]), number * 8 + 3)]));
    }
    case 10: {
      const copy = Buffer.from(valid);
      for (let n = 0; n < 3 && copy.length > 0; n++)
        copy[random.integer(0, copy.length - 1)] = random.integer(0, 255);
      return readable(copy);
    }
    default:
      return readable(
        text(number, Buffer.from(random.pick(['\ud800', '__proto__', '\u0000', 'x'.repeat(100_000)]))),
      );
  }
}
