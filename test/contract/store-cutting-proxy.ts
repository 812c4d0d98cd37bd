import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface CuttingProxy {
  readonly port: number;
  /** From now on requests pass, and the connection breaks in place of the reply to the first with `text` in it. */
  cutReplyTo(text: string): void;
  close(): Promise<void>;
}

/** Stands between a client and a server and loses a reply. */
export async function startCuttingProxy(targetPort: number): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let wanted: string | undefined;
  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    let isCut = false;
    client.on('data', (data) => {
      if (wanted !== undefined && data.includes(wanted)) {
        isCut = true;
        wanted = undefined;
      }
      target.write(data);
    });
    target.on('data', (data) => {
      if (isCut) client.destroy();
      else client.write(data);
    });
    for (const [socket, other] of [
      [client, target],
      [target, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    cutReplyTo: (text) => {
      wanted = text;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of sockets) socket.destroy();
      }),
  };
}
