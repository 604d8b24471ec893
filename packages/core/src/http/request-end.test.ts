import { EventEmitter, once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Diagnostic } from '../diagnostics.js';
import { FerretInstance } from '../ferret/ferret-instance.js';
import { MemorySink } from '../sink/memory-sink.js';

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0)) await each();
});

function record() {
  const sink = new MemorySink();
  const diagnostics: Diagnostic[] = [];
  const ferret = new FerretInstance({ sink, onDiagnostic: (each) => diagnostics.push(each) });
  cleanUp.push(() => ferret.close());
  const trace = (request: IncomingMessage, response: ServerResponse | undefined, route?: string) =>
    ferret.http.trace(
      request,
      response,
      () => route,
      () => 'ran',
    );
  /** Resolves with the stored spans, once there are `count` and none is open. */
  const settled = (count: number) =>
    vi.waitFor(async () => {
      await ferret.flush();
      expect(ferret.stats()).toMatchObject({ started: count, pending: 0 });
      return sink.spans;
    });
  return { ferret, diagnostics, trace, settled };
}

/** A request as serverless adapters make it: Node's class, on an object that is not a socket. */
function serverless(method = 'GET', url = '/u/7') {
  const socket = Object.assign(new EventEmitter(), { destroy: () => {} }) as unknown as Socket;
  const request = Object.assign(new IncomingMessage(socket), { method, url, complete: true });
  return { request, response: new ServerResponse(request) };
}

describe('a response without a connection', () => {
  it('A9: is over at its finish, because serverless adapters never emit close', async () => {
    const { trace, settled } = record();
    for (let n = 0; n < 100; n++) {
      const { request, response } = serverless();
      response.assignSocket(new Writable({ write: (_chunk, _encoding, done) => done() }) as unknown as Socket);
      expect(trace(request, response, '/u/:id')).toBe('ran');
      response.end('answer');
    }
    const spans = await settled(100);
    expect(spans[99]).toMatchObject({ name: 'GET /u/:id', outcome: 'ok', httpStatusCode: 200 });
  });

  it.each([
    [['finish'], 'ok'],
    [['close'], 'ok'],
    [['finish', 'close'], 'ok'],
    [['close', 'finish'], 'ok'],
    [['close', 'close'], 'ok'],
  ])('A9: gives one ended span, whatever it emits: %j', async (events, outcome) => {
    const { trace, settled } = record();
    const { request, response } = serverless();
    trace(request, response);
    response.end('x');
    for (const event of events) response.emit(event);
    expect(await settled(1)).toMatchObject([{ outcome, httpStatusCode: 200 }]);
  });

  it('A9: is ok if end() itself emits finish, as with a socket that writes at once', async () => {
    const { trace, settled } = record();
    const { request, response } = serverless();
    const socket = { _writableState: {}, writable: true, on: () => {}, removeListener: () => {}, cork: () => {} };
    const write = (_data: unknown, encoding: unknown, done: unknown) => {
      const written = typeof encoding === 'function' ? encoding : done;
      if (typeof written === 'function') written();
      return true;
    };
    response.assignSocket(Object.assign(socket, { uncork: () => {}, destroy: () => {}, write }) as unknown as Socket);
    trace(request, response, '/u/:id');
    response.end('answer');
    expect(await settled(1)).toMatchObject([{ name: 'GET /u/:id', outcome: 'ok', httpStatusCode: 200 }]);
  });

  it('A9: is recorded where the client asked for an upgrade', async () => {
    const { diagnostics, trace, settled } = record();
    const { request, response } = serverless();
    Object.assign(request, { headers: { upgrade: 'h2c' }, socket: { remoteAddress: '192.0.2.1' } });
    response.assignSocket(new Writable({ write: (_chunk, _encoding, done) => done() }) as unknown as Socket);
    expect(trace(request, response, '/u/:id')).toBe('ran');
    response.end('answer');
    expect(await settled(1)).toMatchObject([{ name: 'GET /u/:id', outcome: 'ok', httpStatusCode: 200 }]);
    expect(diagnostics).toEqual([]);
  });

  it('A9: is aborted if it closes before it is answered', async () => {
    const { trace, settled } = record();
    const { request, response } = serverless();
    trace(request, response);
    response.emit('close');
    expect(await settled(1)).toMatchObject([{ outcome: 'aborted', httpStatusCode: undefined }]);
  });

  it('A9: is over at once if it has finished before', async () => {
    const { trace, settled } = record();
    const { request, response } = serverless();
    Object.defineProperty(response, 'writableFinished', { value: true });
    trace(request, response);
    await settled(1);
  });
});

describe('a response whose end cannot be observed', () => {
  const throwing = (name: string) =>
    Object.defineProperty(new EventEmitter(), name, {
      get: () => {
        throw new Error(`no ${name}`);
      },
    });
  it.each<[string, unknown]>([
    ['is undefined', undefined],
    ['is null', null],
    ['has no on', { statusCode: 200, socket: null }],
    ['throws at on', throwing('on')],
    ['throws at closed', throwing('closed')],
    ['throws at socket', throwing('socket')],
    ['throws at writableFinished', throwing('writableFinished')],
    [
      'throws at the second listener',
      Object.assign(new EventEmitter(), {
        on(this: EventEmitter, name: string, listener: () => void) {
          if (name === 'close') throw new Error('no more');
          return this.addListener(name, listener);
        },
      }),
    ],
  ])('A4: runs the application and counts nothing where it %s', async (_what, response) => {
    const { ferret, trace } = record();
    const { request } = serverless();
    expect(trace(request, response as ServerResponse)).toBe('ran');
    (response as EventEmitter | null | undefined)?.emit?.('finish');
    expect(ferret.stats()).toMatchObject({ started: 0, pending: 0, stored: 0 });
  });

  it('A4: is not recorded if the response is missing', () => {
    const { trace, diagnostics } = record();
    trace(serverless().request, undefined);
    expect(diagnostics).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['no socket', { headers: {}, method: 'GET', url: '/' }],
    ['headers that throw', throwing('headers')],
    ['nothing at all', {}],
    ['no way to be written to', Object.freeze({ headers: {}, method: 'GET', url: '/', socket: {} })],
  ])('K9: leaves no open span of a request with %s', async (_what, request) => {
    const { ferret, trace } = record();
    const response = new EventEmitter();
    expect(trace(request as IncomingMessage, response as ServerResponse)).toBe('ran');
    response.emit('close');
    await ferret.flush();
    expect(ferret.stats().pending).toBe(0);
  });
});

describe('a listener of Ferret', () => {
  it("does not cause Node's warning of more than ten listeners (FAULTS 32)", async () => {
    const { trace, settled } = record();
    const warned = vi.fn();
    process.on('warning', warned);
    cleanUp.push(() => process.off('warning', warned));
    const server = createServer((request, response) => {
      trace(request, response);
      for (let n = 0; n < 10; n++) response.on('close', () => {});
      response.end();
    });
    server.listen(0);
    cleanUp.push(() => server.close());
    await once(server, 'listening');
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, { headers: { connection: 'close' } });
    await settled(1);
    expect(warned).not.toHaveBeenCalled();
  });

  it('leaves an unlimited emitter unlimited', () => {
    const { trace } = record();
    const { request, response } = serverless();
    response.setMaxListeners(0);
    trace(request, response);
    expect(response.getMaxListeners()).toBe(0);
    response.emit('close');
  });
});

describe('a pipelined request', () => {
  it('ends if the client leaves before its turn, without one more listener for each', async () => {
    const { trace, settled } = record();
    const warned = vi.fn();
    process.on('warning', warned);
    cleanUp.push(() => process.off('warning', warned));
    const server = createServer((request, response) => void trace(request, response));
    server.listen(0);
    cleanUp.push(() => server.close());
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port).on('error', () => {});
    let requests = 0;
    const all = new Promise<void>((resolve) => {
      server.on('request', () => {
        requests++;
        if (requests === 30) resolve();
      });
    });
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(30));
    await all;
    client.destroy();
    const spans = await settled(30);
    expect(new Set(spans.map(({ outcome }) => outcome))).toEqual(new Set(['aborted']));
    expect(warned).not.toHaveBeenCalled();
  });
});

describe('an upgrade', () => {
  const HANDSHAKE = 'GET /chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const ANSWER = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

  /** A server that passes its upgrades to `take`, with a response that a library made for it, or none. */
  async function serve(
    take: (socket: Socket, begin: () => void) => void,
    respond: (request: IncomingMessage, socket: Socket) => ServerResponse | undefined = () => undefined,
  ) {
    const recorded = record();
    const server = createServer();
    server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
      socket.on('error', () => {});
      take(socket, () => recorded.trace(request, respond(request, socket), '/chat'));
    });
    server.listen(0);
    cleanUp.push(() => server.close());
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port).on('error', () => {});
    client.write(HANDSHAKE);
    return { ...recorded, client };
  }

  /** Reads from the socket, as `ws` does. */
  const takeOver = (socket: Socket) => {
    socket.write(ANSWER);
    socket.on('data', () => socket.end());
  };

  it.each<[string, (socket: Socket, begin: () => void) => void]>([
    [
      'asked for before the handshake, as koa-easy-ws does',
      (socket, begin) => {
        begin();
        takeOver(socket);
      },
    ],
    [
      'asked for after it, as express-ws does',
      (socket, begin) => {
        takeOver(socket);
        begin();
      },
    ],
  ])('A3, A5: lasts as long as its socket, and is ok with 101, under a name of its own: %s', async (_what, take) => {
    const { client, settled, ferret } = await serve(take);
    await once(client, 'data');
    expect(ferret.stats()).toMatchObject({ started: 1, pending: 1 });
    client.write('bye');
    expect(await settled(1)).toMatchObject([
      { name: 'GET /chat (websocket)', httpRoute: '/chat', outcome: 'ok', httpStatusCode: 101, errorType: undefined },
    ]);
  });

  it('A5: is ok if the client resets the connection', async () => {
    const { client, settled } = await serve((socket, begin) => {
      begin();
      takeOver(socket);
    });
    await once(client, 'data');
    client.resetAndDestroy();
    expect(await settled(1)).toMatchObject([{ outcome: 'ok', httpStatusCode: 101 }]);
  });

  it('A5: is aborted if the socket is destroyed before the handshake', async () => {
    const { settled } = await serve((socket, begin) => {
      begin();
      socket.destroy();
    });
    expect(await settled(1)).toMatchObject([
      { name: 'GET /chat', outcome: 'aborted', errorType: 'aborted', httpStatusCode: undefined },
    ]);
  });

  it('A5: has no status if a library refused it on the socket', async () => {
    const { settled } = await serve((socket, begin) => {
      begin();
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n');
      socket.once('finish', () => socket.destroy());
    });
    expect(await settled(1)).toMatchObject([{ name: 'GET /chat', outcome: 'ok', httpStatusCode: undefined }]);
  });

  it('A5: has the status of a response that answered it', async () => {
    let response: ServerResponse | undefined;
    const { settled } = await serve(
      (_socket, begin) => {
        begin();
        response?.writeHead(404).end('no socket here');
      },
      (request, socket) => {
        response = new ServerResponse(request);
        response.assignSocket(socket);
        return response;
      },
    );
    expect(await settled(1)).toMatchObject([{ name: 'GET /chat', outcome: 'ok', httpStatusCode: 404 }]);
  });

  it('A5: is recognised without a listener for upgrade, as with koa-easy-ws', async () => {
    const recorded = record();
    const server = createServer((request, response) => {
      recorded.trace(request, response, '/chat');
      if (request.url === '/detached') response.detachSocket(request.socket);
      if (request.url === '/chat' || request.url === '/detached') takeOver(request.socket);
      else if (request.url === '/plain') response.end('no socket here');
      else request.socket.destroy();
    });
    server.listen(0);
    cleanUp.push(() => server.close());
    await once(server, 'listening');
    for (const path of ['/chat', '/detached', '/plain', '/never']) {
      const client = connect((server.address() as AddressInfo).port).on('error', () => {});
      client.write(HANDSHAKE.replace('/chat', path));
      client.once('data', () => client.resume().end());
      await once(client, 'close');
    }
    expect(await recorded.settled(4)).toMatchObject([
      { name: 'GET /chat (websocket)', outcome: 'ok', httpStatusCode: 101 },
      { name: 'GET /chat (websocket)', outcome: 'ok', httpStatusCode: 101 },
      { name: 'GET /chat', outcome: 'ok', httpStatusCode: 200 },
      { name: 'GET /chat', outcome: 'aborted', httpStatusCode: undefined },
    ]);
  });

  it('A3: leaves nothing open after 200 upgrades', async () => {
    const recorded = record();
    const server = createServer();
    server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
      socket.on('error', () => {});
      takeOver(socket);
      recorded.trace(request, new ServerResponse(request), '/chat');
    });
    server.listen(0);
    cleanUp.push(() => server.close());
    await once(server, 'listening');
    for (let batch = 0; batch < 10; batch++) {
      const clients = Array.from({ length: 20 }, () => connect((server.address() as AddressInfo).port));
      for (const client of clients) client.write(HANDSHAKE);
      await Promise.all(
        clients.map(async (client) => {
          await once(client, 'data');
          client.resume().end('bye');
          await once(client, 'close');
        }),
      );
    }
    await recorded.settled(200);
  });
});
