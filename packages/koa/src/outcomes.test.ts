import { AsyncResource } from 'node:async_hooks';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createFerret, currentSpan } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import Router from '@koa/router';
import Koa3, { type Middleware } from 'koa';
import compose from 'koa-compose';
import mount from 'koa-mount';
import serveFiles from 'koa-static';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ferret } from './index.js';
import { answer, KOAS, serve } from './serve.fixture.js';

const BIG = 30e6;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ferret-koa-'));
  await writeFile(join(folder, 'big.txt'), Buffer.alloc(BIG, 'x'));
});
afterAll(() => rm(folder, { recursive: true }));

const forever = () =>
  new Readable({
    read() {
      this.push('x'.repeat(65_536));
    },
  });
const bodies: [string, Middleware][] = [
  ['a text', (ctx) => Object.assign(ctx, { type: 'text/plain', body: 'x'.repeat(BIG) })],
  ['a buffer', (ctx) => Object.assign(ctx, { body: Buffer.alloc(BIG) })],
  ['JSON', (ctx) => Object.assign(ctx, { body: { text: 'x'.repeat(BIG) } })],
  ['a stream', (ctx) => Object.assign(ctx, { body: forever() })],
  ['a file', (ctx) => Object.assign(ctx, { body: createReadStream(join(folder, 'big.txt')) })],
  ['a static file', (ctx, next) => mount('/', serveFiles(folder))(Object.assign(ctx, { path: '/big.txt' }), next)],
  ['a response of its own', (ctx) => Object.assign(ctx, { respond: false }).res.writeHead(200).end('x'.repeat(BIG))],
];

describe.each(KOAS)('%s', (_version, Koa) => {
  describe.each([
    ['without ferret.errors()', []],
    ['with ferret.errors()', [ferret.errors()]],
  ])('A2: a client that cancels a download is aborted, %s', (_errors, middleware) => {
    it.each(bodies)('of %s', async (_body, body) => {
      const { app, server, span } = serve(Koa);
      for (const each of middleware) app.use(each);
      app.use(body);
      if (!server.listening) await once(server, 'listening');
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.write('GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n');
      await once(socket, 'data');
      socket.resetAndDestroy();
      const { outcome, httpStatusCode, attributes } = await span();
      expect([outcome, httpStatusCode]).toEqual(['aborted', 200]);
      expect(Object.keys(attributes).filter((name) => name.startsWith('exception'))).toEqual([]);
    });
  });

  it('A2: an exception before the client left is recorded', async () => {
    const { app, server, span } = serve(Koa);
    app.use((ctx) => {
      const body = forever();
      ctx.body = body;
      // Koa 2 leaves a response open if its stream fails.
      body.on('error', (error) => ctx.res.destroy(error));
      body.once('data', () => body.destroy(new SyntaxError('broken')));
    });
    await supertest(server)
      .get('/')
      .catch(() => {});
    expect(await span()).toMatchObject({ outcome: 'error', attributes: { 'exception.type': 'SyntaxError' } });
  });

  it('A17: a second ferret() restores the span if a middleware lost it', async () => {
    const { app, server, sink, instance } = serve(Koa);
    const foreign = new AsyncResource('pool');
    app.use(
      (_ctx, next) => new Promise((resolve, reject) => foreign.runInAsyncScope(() => next().then(resolve, reject))),
    );
    app.use((ctx, next) => {
      expect(currentSpan()).toBeUndefined();
      return ferret(instance)(ctx, next);
    });
    app.use((ctx) => {
      ctx.body = instance.measure('INSERT file', () => 'ok');
    });
    await supertest(server).get('/').expect(200, 'ok');
    await vi.waitFor(() => expect(sink.spans).toHaveLength(2));
    const [child, request] = sink.spans;
    expect([child?.name, request?.name]).toEqual(['INSERT file', 'GET']);
    expect([child?.traceId, child?.parentId]).toEqual([request?.traceId, request?.spanId]);
  });

  it('A4: a socket of koa-websocket has one span that ends, or no span, and no diagnostic', async () => {
    const diagnostics: unknown[] = [];
    const { app, server, sink, instance } = serve(Koa, { onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) });
    const router = new Router().all('/chat/:id', () => {});
    const below = new Koa();
    below.use(router.routes());
    const middleware = compose([ferret(instance), mount('/ws', below)]);
    // Like koa-websocket 7: the handshake is over, code reads from the socket, and there is no response.
    server.on('upgrade', (request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.on('data', () => {});
      const ctx = app.createContext(request, undefined as never);
      ctx.path = '/ws/chat/7';
      middleware(ctx, async () => {}).finally(() => socket.end());
    });
    if (!server.listening) await once(server, 'listening');
    for (let index = 0; index < 3; index += 1) {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.write('GET /ws/chat/7 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.resume();
      await once(socket, 'close');
    }
    await vi.waitFor(async () => {
      await instance.flush();
      const { started, stored, pending } = instance.stats();
      expect([started, pending]).toEqual([stored, 0]);
    });
    for (const { name, outcome } of sink.spans) expect([name, outcome]).toEqual(['GET /ws/chat/:id (websocket)', 'ok']);
    expect(diagnostics).toEqual([]);
  });

  it('does nothing if Ferret is disabled', async () => {
    const sink = new MemorySink();
    const instance = createFerret({ sink, enabled: false });
    const router = new Router().get('/u/:id', (ctx) => {
      ctx.body = String(currentSpan());
    });
    const app = new Koa();
    const { onerror } = Object.getPrototypeOf(app.context);
    app.use(ferret(instance)).use(mount('/sub', new Koa().use(router.routes())));
    await supertest(app.callback()).get('/sub/u/1').expect(200, 'undefined');
    expect(Object.getPrototypeOf(app.context).onerror).toBe(onerror);
    await instance.close();
    expect(sink.spans).toEqual([]);
  });
});

describe('over HTTP/2', () => {
  it.each<[string, Middleware, number | undefined, object]>([
    ['a route', answer, undefined, { name: 'GET /sub/u/:id', outcome: 'ok', httpStatusCode: 200 }],
    [
      'a route that throws',
      () => Promise.reject(new RangeError('boom')),
      undefined,
      { name: 'GET /sub/u/:id', outcome: 'error', httpStatusCode: 500 },
    ],
    [
      'a download that is cancelled',
      (ctx) => Object.assign(ctx, { body: forever() }),
      8,
      { name: 'GET /sub/u/:id', outcome: 'aborted', httpStatusCode: 200 },
    ],
  ])('%s is the same as over HTTP/1', async (_what, handler, reset, expected) => {
    const sink = new MemorySink();
    const instance = createFerret({ sink, flushIntervalMillis: 1, shutdownHooks: false });
    const app = new Koa3();
    app.silent = true;
    app.use(ferret(instance)).use(mount('/sub', new Koa3().use(new Router().get('/u/:id', handler).routes())));
    const server = createHttp2Server(app.callback()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connectHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const stream = client.request({ ':path': '/sub/u/7' }).on('error', () => {});
    const closed = once(stream, 'close');
    if (reset === undefined) stream.resume();
    else stream.once('data', () => stream.close(reset));
    await closed;
    await vi.waitFor(() => expect(sink.spans).toMatchObject([expected]));
    client.destroy();
    server.close();
    await instance.close();
  });
});
