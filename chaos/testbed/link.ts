import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { pause } from '../../core/retry.ts';

/** A stretch of network between programs and a service: it can break, and it can be slow. */
export class Link {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #delayMs = 0;
  #isCut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** `port` 0 takes a free one. */
  static async open(targetPort: number, port = 0): Promise<Link> {
    // Either end may have said all while the other still speaks.
    const server = createServer({ allowHalfOpen: true });
    const link = new Link(server);
    server.on('connection', (near) => {
      link.#accept(near, targetPort);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Breaks every connection, and each new one at once, until it is mended. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** From now on what is sent arrives that much later; nothing overtakes. */
  delay(ms: number): void {
    this.#delayMs = ms;
  }

  mend(): void {
    this.#isCut = false;
    this.#delayMs = 0;
  }

  close(): Promise<void> {
    this.cut();
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
  }

  #accept(near: Socket, targetPort: number): void {
    if (this.#isCut) {
      near.destroy();
      return;
    }
    const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true });
    this.#join(near, far);
    this.#join(far, near);
  }

  #join(from: Socket, to: Socket): void {
    // One after the other, since timers of different lengths keep no order among themselves.
    let last = Promise.resolve();
    const later = (act: () => void): void => {
      const dueMs = performance.now() + this.#delayMs;
      last = last.then(async () => {
        const waitMs = dueMs - performance.now();
        if (waitMs > 0) await pause(waitMs);
        act();
      });
    };
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (data) => {
      later(() => {
        if (to.destroyed || to.write(data)) return;
        from.pause();
        to.once('drain', () => from.resume());
      });
    });
    from.on('end', () => {
      later(() => to.end());
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      this.#sockets.delete(from);
      later(() => to.destroy());
    });
  }
}
