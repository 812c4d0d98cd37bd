import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

type Reply = string | number | null | Reply[];

/** A connection that sends what it is told: tests look past the adapter at what is really in Redis. */
export class RedisSession {
  readonly #socket: Socket;
  readonly #waiting: ((reply: Reply | Error) => void)[] = [];
  #received = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#take(chunk);
    });
    socket.on('close', () => {
      for (const finish of this.#waiting.splice(0)) finish(new Error('Redis closed the connection'));
    });
  }

  /** `redis://host:port/database`. */
  static async open(url: string): Promise<RedisSession> {
    const { hostname, port, pathname } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port || 6379) });
    await once(socket, 'connect');
    const session = new RedisSession(socket);
    await session.send('SELECT', Number(pathname.slice(1) || 0));
    return session;
  }

  send(...words: readonly (string | number)[]): Promise<Reply> {
    return new Promise((resolve, reject) => {
      this.#waiting.push((reply) => {
        if (reply instanceof Error) reject(reply);
        else resolve(reply);
      });
      const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
      this.#socket.write(`*${words.length}\r\n${parts.join('')}`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    for (;;) {
      const parsed = parse(this.#received, 0);
      if (parsed === undefined) return;
      this.#received = this.#received.subarray(parsed.end);
      this.#waiting.shift()?.(parsed.reply);
    }
  }
}

interface Parsed {
  readonly reply: Reply | Error;
  readonly end: number;
}

/** Undefined = not all of it has arrived. */
function parse(data: Buffer, at: number): Parsed | undefined {
  const lineEnd = data.indexOf('\r\n', at);
  if (lineEnd < 0) return undefined;
  const line = data.toString('utf8', at + 1, lineEnd);
  const end = lineEnd + 2;
  switch (data.toString('latin1', at, at + 1)) {
    case '+':
      return { reply: line, end };
    case '-':
      return { reply: new Error(line), end };
    case ':':
      return { reply: Number(line), end };
    case '$':
      return parseBulk(data, Number(line), end);
    case '*':
      return parseArray(data, Number(line), end);
    default:
      throw new Error(`unexpected reply ${line}`);
  }
}

function parseBulk(data: Buffer, length: number, at: number): Parsed | undefined {
  if (length < 0) return { reply: null, end: at };
  const end = at + length + 2;
  return data.length < end ? undefined : { reply: data.toString('utf8', at, at + length), end };
}

function parseArray(data: Buffer, length: number, at: number): Parsed | undefined {
  const items: Reply[] = [];
  let end = at;
  for (let n = 0; n < length; n++) {
    const item = parse(data, end);
    if (item === undefined) return undefined;
    if (item.reply instanceof Error) return item;
    items.push(item.reply);
    ({ end } = item);
  }
  return { reply: items, end };
}
