import { once } from 'node:events';
import { createReadStream, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as http2 from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough, pipeline, Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { FerretInstance } from '../ferret/ferret-instance.js';
import { MemorySink } from '../sink/memory-sink.js';
import { temporaryDirectory } from '../temporary-directory.fixture.js';
import type { SpanRecord } from '../trace/span.js';
import { exceptionThrown } from './http-tracer.js';

const folder = temporaryDirectory();
const file = join(folder, 'large');
writeFileSync(file, Buffer.alloc(40_000_000, 'x'));
afterAll(() => rmSync(folder, { recursive: true }));

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0)) await each();
});

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

function record() {
  const sink = new MemorySink();
  const ferret = new FerretInstance({ sink });
  cleanUp.push(() => ferret.close());
  const listener = (handler: Handler) => (request: IncomingMessage, response: ServerResponse) =>
    ferret.http.trace(
      request,
      response,
      () => '/it',
      () => handler(request, response),
    );
  const span = () =>
    vi.waitFor(async (): Promise<SpanRecord> => {
      await ferret.flush();
      const [first] = sink.spans;
      if (first === undefined) throw new Error('no span');
      return first;
    });
  return { listener, span };
}

/** Serves over HTTP/1.1, sends one request, and lets `leave` act on the client's socket. */
async function serve(handler: Handler, leave: (client: Socket) => void, head = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n') {
  const { listener, span } = record();
  const server = createServer(listener(handler));
  server.listen(0);
  cleanUp.push(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port).on('error', () => {});
  client.write(head);
  leave(client);
  return span();
}

/** Resolves once the first bytes of the body have arrived, with more on their way. */
const afterData = (go: (client: Socket) => void) => (client: Socket) =>
  void client.once('data', () => {
    client.pause();
    go(client);
  });

const text = 'x'.repeat(60_000_000);

async function* pieces() {
  for (let n = 0; n < 1_000; n++) yield Buffer.alloc(65_536, 'x');
}

/** Handlers that send more than a connection buffers, each with another way in which a framework learns of the end. */
const BODIES: Record<string, Handler> = {
  'a text': (_request, response) => void response.end(text),
  'a buffer': (_request, response) => void response.end(Buffer.alloc(60_000_000)),
  'a file, piped': (_request, response) => void createReadStream(file).pipe(response),
  'a file, by pipeline': (request, response) =>
    void pipeline(createReadStream(file), response, (error) => error && exceptionThrown(request, error)),
  'an iterator': (request, response) =>
    void pipeline(Readable.from(pieces()), response, (error) => error && exceptionThrown(request, error)),
  'a web stream': (request, response) =>
    void pipeline(
      Readable.fromWeb(Readable.toWeb(createReadStream(file)) as never),
      response,
      (error) => error && exceptionThrown(request, error),
    ),
  'a compressed file': (request, response) =>
    void pipeline(
      Readable.from(pieces()),
      createGzip({ level: 0 }),
      response,
      (error) => error && exceptionThrown(request, error),
    ),
  'pieces written by hand': (request, response) => {
    const write = () => {
      while (response.write('x'.repeat(65_536)));
      response.once('drain', write);
    };
    request.socket.on('error', (error) => exceptionThrown(request, error));
    write();
  },
};

// A18: Node 20 and 22 call a response finished if its connection closed while it was written.
describe.each(Object.entries(BODIES))('A2, A18: a client that leaves in the middle of %s', (_what, handler) => {
  it.each<[string, (client: Socket) => void]>([
    ['goes away', (client) => client.destroy()],
    ['resets the connection', (client) => client.resetAndDestroy()],
  ])('is aborted, with the status sent and no exception, where it %s', async (_how, go) => {
    const span = await serve(handler, afterData(go));
    expect(span).toMatchObject({ outcome: 'aborted', errorType: 'aborted', httpStatusCode: 200, name: 'GET /it' });
    expect(Object.keys(span.attributes).filter((key) => key.startsWith('exception'))).toEqual([]);
  });
});

describe('A2: an error that only reports that the client has left', () => {
  const errorOf = (code: string | undefined, name = 'Error') =>
    Object.assign(new Error('gone'), { name, ...(code && { code }) });
  it.each([
    ['ECONNRESET', 'Error'],
    ['EPIPE', 'Error'],
    ['ECONNABORTED', 'BadRequestError'],
    ['ERR_STREAM_PREMATURE_CLOSE', 'Error'],
    ['ERR_STREAM_DESTROYED', 'Error'],
    ['ABORT_ERR', 'AbortError'],
    [undefined, 'AbortError'],
  ])('is no exception of the application once the client has left: %s %s', async (code, name) => {
    const span = await serve(
      (request, response) => {
        response.write('half');
        request.once('aborted', () => exceptionThrown(request, errorOf(code, name)));
      },
      afterData((client) => client.destroy()),
    );
    expect(span).toMatchObject({ outcome: 'aborted', httpStatusCode: 200, attributes: {} });
    expect(span.attributes).not.toHaveProperty('exception.type');
  });

  it('is an exception while the client is still there: it reports another connection', async () => {
    const span = await serve(
      (request, response) => {
        response.write('half');
        exceptionThrown(request, errorOf('ECONNRESET'));
        response.destroy();
      },
      (client) => client.resume(),
    );
    expect(span).toMatchObject({ outcome: 'error', errorType: 'Error', httpStatusCode: 200 });
  });

  it('is an exception if a stream of the application broke off and destroyed the response', async () => {
    const span = await serve(
      (_request, response) => {
        const upstream = new PassThrough();
        pipeline(upstream, response, () => {});
        upstream.write('half');
        response.once('drain', () => {});
        setImmediate(() => upstream.destroy(errorOf('ECONNRESET')));
      },
      (client) => client.resume(),
    );
    expect(span).toMatchObject({ outcome: 'error', httpStatusCode: 200 });
  });

  it('does not hide errors of another kind, whether they follow from it or not', async () => {
    const span = await serve(
      (request, response) => {
        response.write('half');
        request.once('aborted', () => {
          exceptionThrown(request, errorOf('ECONNRESET'));
          exceptionThrown(request, new TypeError('a fault in the clean-up'));
        });
      },
      afterData((client) => client.destroy()),
    );
    expect(span).toMatchObject({ outcome: 'error', errorType: 'TypeError' });
  });

  it('may be any value that an application throws', async () => {
    const throwing = new Proxy(new Error('x'), {
      get: () => {
        throw new Error('trap');
      },
    });
    for (const thrown of [null, undefined, 'text', throwing]) {
      const span = await serve(
        (request, response) => {
          response.write('half');
          request.once('aborted', () => exceptionThrown(request, thrown));
        },
        afterData((client) => client.destroy()),
      );
      expect(span.httpStatusCode).toBe(200);
    }
  });
});

describe('A10: on HTTP/2, a request', () => {
  const { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR } = http2.constants;

  async function exchange(
    handler: Handler,
    leave: (stream: http2.ClientHttp2Stream, session: http2.ClientHttp2Session) => void,
    headers: http2.OutgoingHttpHeaders = {},
  ) {
    const { listener, span } = record();
    const server = http2.createServer(listener(handler as never) as never);
    server.on('sessionError', () => {});
    server.listen(0);
    await once(server, 'listening');
    const session = http2.connect(`http://localhost:${(server.address() as AddressInfo).port}`).on('error', () => {});
    cleanUp.push(() => {
      session.destroy();
      server.close();
    });
    const stream = session.request({ ':path': '/', ...headers }).on('error', () => {});
    leave(stream, session);
    return span();
  }

  /** Resolves as soon as the server has the request. */
  const onArrival = (go: () => void): Handler => {
    return () => void setImmediate(go);
  };

  const ways = [
    ['CANCEL', (stream: http2.ClientHttp2Stream) => stream.close(NGHTTP2_CANCEL)],
    ['NO_ERROR', (stream: http2.ClientHttp2Stream) => stream.close(NGHTTP2_NO_ERROR)],
    ['INTERNAL_ERROR', (stream: http2.ClientHttp2Stream) => stream.close(NGHTTP2_INTERNAL_ERROR)],
    ['the session', (_stream: http2.ClientHttp2Stream, session: http2.ClientHttp2Session) => session.destroy()],
  ] as const;

  it.each(ways)('is aborted, without a status, where it is given up before the head, by %s', async (_how, go) => {
    let leave = () => {};
    const span = await exchange(
      onArrival(() => leave()),
      (stream, session) => {
        leave = () => go(stream, session);
      },
    );
    expect(span).toMatchObject({ outcome: 'aborted', errorType: 'aborted', httpStatusCode: undefined });
  });

  it.each(ways)('is aborted, with the status, where it is given up after the head, by %s', async (_how, go) => {
    const span = await exchange(
      (_request, response) => void response.writeHead(201).flushHeaders(),
      (stream, session) => void stream.once('response', () => go(stream, session)),
    );
    expect(span).toMatchObject({ outcome: 'aborted', errorType: 'aborted', httpStatusCode: 201 });
  });

  it.each(ways)('is aborted, with the status, where it is given up in the body, by %s', async (_how, go) => {
    const span = await exchange(
      (_request, response) => void response.write('half'),
      (stream, session) => void stream.once('data', () => go(stream, session)),
    );
    expect(span).toMatchObject({ outcome: 'aborted', errorType: 'aborted', httpStatusCode: 200 });
  });

  // `NO_ERROR` waits for the data that is on its way.
  const sudden = ways.filter(([how]) => how !== 'NO_ERROR');
  it.each(sudden)('is aborted where the whole body is on its way and not taken, by %s', async (_how, go) => {
    const span = await exchange(
      (_request, response) => void response.end(text),
      (stream, session) =>
        void stream.once('data', () => {
          stream.pause();
          go(stream, session);
        }),
    );
    expect(span).toMatchObject({ outcome: 'aborted', httpStatusCode: 200 });
  });

  it('is ok where it is given up once everything has arrived', async () => {
    const span = await exchange(
      (_request, response) => void response.end('all'),
      (stream) => void stream.resume().once('end', () => stream.close(NGHTTP2_CANCEL)),
    );
    expect(span).toMatchObject({ outcome: 'ok', httpStatusCode: 200 });
  });

  it('is an error where the application ends the stream with one', async () => {
    const span = await exchange(
      (_request, response) => {
        response.write('half');
        setImmediate(() => response.destroy(new SyntaxError('late')));
      },
      (stream) => void stream.resume(),
    );
    expect(span).toMatchObject({ outcome: 'error', errorType: 'SyntaxError', httpStatusCode: 200 });
  });

  it.each([
    [{}, 'localhost', expect.any(Number)],
    [{ ':authority': 'shop.example:8443' }, 'shop.example', 8443],
    [{ ':authority': 'shop.example' }, 'shop.example', 80],
    [{ ':authority': undefined, host: 'shop.example:8443' }, 'shop.example', 8443],
  ])('A11: says which server it asked for: %j', async (headers, address, port) => {
    const span = await exchange(
      (_request, response) => void response.end('all'),
      (stream) => void stream.resume(),
      headers as http2.OutgoingHttpHeaders,
    );
    expect(span.sharedAttributes).toMatchObject({
      'server.address': address,
      'server.port': port,
      'network.protocol.version': '2.0',
    });
  });
});
