import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { expect } from 'chai';
import { Link } from '../../../chaos/testbed/link.ts';

/** Answers each byte with itself. */
function startEcho(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    }).listen(0, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

function read(socket: Socket, bytes: number): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const take = (data: Buffer): void => {
      text += data.toString();
      if (text.length < bytes) return;
      socket.off('data', take);
      resolve(text);
    };
    socket.on('data', take);
  });
}

describe('Link', () => {
  let echo: Server;
  let link: Link;
  let socket: Socket;

  const dial = (): Socket => {
    const dialled = connect(link.port, '127.0.0.1');
    dialled.on('error', () => undefined);
    return dialled;
  };

  beforeEach(async () => {
    echo = await startEcho();
    link = await Link.open((echo.address() as AddressInfo).port);
    socket = dial();
  });
  afterEach(async () => {
    socket.destroy();
    await link.close();
    echo.close();
  });

  it('carries bytes both ways', async () => {
    socket.write('hello');
    expect(await read(socket, 5)).to.equal('hello');
  });

  it('breaks what is open, and what is opened, until it is mended', async () => {
    socket.write('a');
    await read(socket, 1);
    const closed = once(socket, 'close');
    link.cut();
    await closed;
    await once(dial(), 'close');
    link.mend();
    socket = dial();
    socket.write('b');
    expect(await read(socket, 1)).to.equal('b');
  });

  it('delays without letting anything overtake', async () => {
    socket.write('a');
    await read(socket, 1);
    link.delay(60);
    const beganMs = performance.now();
    const answer = read(socket, 2);
    socket.write('b');
    const sent = setTimeout(() => {
      link.mend();
      socket.write('c');
    }, 20);
    expect(await answer).to.equal('bc');
    clearTimeout(sent);
    expect(performance.now() - beganMs).to.be.at.least(50);
  });

  it('passes on that one end has said all', async () => {
    socket.end('bye');
    const ended = once(socket, 'end');
    expect(await read(socket, 3)).to.equal('bye');
    await ended;
  });
});
