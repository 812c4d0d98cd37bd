// Just enough of the Redis protocol to ask one question, so that starting a server needs no client library.
import { connect } from 'node:net';

type Reply = string | number | null;

/** The reply at the start of `data`, undefined while it is incomplete. Arrays are not asked for and not read. */
function parseReply(data: Buffer): Reply | Error | undefined {
  const lineEnd = data.indexOf('\r\n');
  if (lineEnd < 0) return undefined;
  const line = data.toString('utf8', 1, lineEnd);
  switch (data.toString('latin1', 0, 1)) {
    case '+':
      return line;
    case '-':
      return new Error(line);
    case ':':
      return Number(line);
    case '$': {
      const start = lineEnd + 2;
      const length = Number(line);
      if (length < 0) return null;
      return data.length < start + length + 2 ? undefined : data.toString('utf8', start, start + length);
    }
    default:
      return new Error(`unexpected reply ${data.toString('utf8', 0, lineEnd)}`);
  }
}

/** Sends one command to a loopback port and resolves to its reply; an error reply rejects. */
export function redisCommand(port: number, ...words: readonly (string | number)[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 5_000 });
    let received = Buffer.alloc(0);
    const finish = (reply: Reply | Error) => {
      socket.destroy();
      if (reply instanceof Error) reject(reply);
      else resolve(reply);
    };
    socket.once('error', finish);
    socket.once('timeout', () => {
      finish(new Error(`no reply from Redis on port ${port}`));
    });
    socket.once('close', () => {
      finish(new Error(`Redis on port ${port} closed the connection`));
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      const reply = parseReply(received);
      if (reply !== undefined) finish(reply);
    });
    const parts = words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join('')}`);
  });
}
