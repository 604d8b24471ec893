import { AsyncResource } from 'node:async_hooks';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { PassThrough, pipeline } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Diagnostic } from '../diagnostics.js';
import { FerretInstance } from '../ferret/ferret-instance.js';
import type { FerretOptions } from '../ferret/options.js';
import { MemorySink } from '../sink/memory-sink.js';
import { currentSpan } from '../trace/context.js';
import type { SpanRecord } from '../trace/span.js';
import type { SpanData } from '../trace/span-data.js';
import { exceptionThrown, ignoreRequest, noRouteMatched, spanOf } from './http-tracer.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(cleanUp.splice(0).map((close) => close())));

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A plain Node server behind the tracer. `routeOf` returns `/users/:id` for every path below `/users`. */
async function serve(handler: Handler, options: FerretOptions = {}) {
  const sink = new MemorySink();
  const diagnostics: Diagnostic[] = [];
  const ferret = new FerretInstance({ sink, onDiagnostic: (diagnostic) => diagnostics.push(diagnostic), ...options });
  const routeOf = (request: IncomingMessage) => (request.url?.startsWith('/users') ? '/users/:id' : undefined);
  const server = createServer((request, response) =>
    ferret.http.trace(request, response, routeOf, () => handler(request, response)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  cleanUp.push(async () => {
    server.closeAllConnections();
    server.close();
    await ferret.close();
  });
  const url = `http://127.0.0.1:${port}`;
  /** Resolves with the stored spans, once there are `count`. */
  const spans = (count = 1): Promise<readonly SpanRecord[]> =>
    vi.waitFor(async () => {
      await ferret.flush();
      expect(sink.spans.length).toBeGreaterThanOrEqual(count);
      return sink.spans;
    });
  const span = async () => {
    const [first] = await spans();
    if (first === undefined) throw new Error('no span');
    return {
      ...(first as SpanData).toJSON(),
      attributes: { ...first.sharedAttributes, ...first.attributes } as Record<string, unknown>,
    };
  };
  return { ferret, sink, diagnostics, port, url, spans, span };
}

/** Runs a function outside of any request, as the callbacks of a connection pool do. */
const outside = AsyncResource.bind((fn: () => void) => fn());

const answer: Handler = (_request, response) => response.end('ok');

describe('a server span', () => {
  it('describes a request with the attributes of OpenTelemetry', async () => {
    const { url, port, span } = await serve(answer);
    await fetch(`${url}/users/7?page=2`, { headers: { 'user-agent': 'test/1' } });
    expect(await span()).toMatchObject({
      name: 'GET /users/:id',
      kind: 'server',
      outcome: 'ok',
      isLocalRoot: true,
      httpMethod: 'GET',
      httpRoute: '/users/:id',
      httpStatusCode: 200,
      errorType: undefined,
      attributes: {
        'url.path': '/users/7',
        'url.query': 'page=2',
        'url.scheme': 'http',
        'server.address': '127.0.0.1',
        'server.port': port,
        'network.protocol.version': '1.1',
        'user_agent.original': 'test/1',
      },
    });
    expect((await span()).attributes).not.toHaveProperty('client.address');
  });

  it('is named by its method alone when no route matched, never by the path', async () => {
    const { url, span } = await serve((_request, response) => response.writeHead(404).end());
    await fetch(`${url}/secret/place`, { method: 'DELETE' });
    expect(await span()).toMatchObject({ name: 'DELETE', httpRoute: undefined, httpStatusCode: 404, outcome: 'ok' });
  });

  it('has no route if the framework says so', async () => {
    const { url, span } = await serve((request, response) => {
      noRouteMatched(request);
      response.writeHead(404).end();
    });
    await fetch(`${url}/users/7/nothing`);
    expect(await span()).toMatchObject({ name: 'GET', httpRoute: undefined, httpStatusCode: 404 });
  });

  it('calls an unknown method _OTHER, and HTTP in its name', async () => {
    const { url, span } = await serve(answer);
    await fetch(`${url}/users/1`, { method: 'PROPFIND' });
    expect(await span()).toMatchObject({
      name: 'HTTP /users/:id',
      httpMethod: '_OTHER',
      attributes: { 'http.request.method_original': 'PROPFIND' },
    });
  });

  it('A21: knows QUERY', async () => {
    const { url, span } = await serve(answer);
    await fetch(`${url}/users/1`, { method: 'QUERY' });
    expect(await span()).toMatchObject({ name: 'QUERY /users/:id', httpMethod: 'QUERY' });
  });

  it('measures wall-clock start and monotonic duration', async () => {
    const before = Date.now() * 1000;
    const { url, span } = await serve((_request, response) => setTimeout(() => response.end(), 30));
    await fetch(`${url}/users/1`);
    const { startMicros, durationNanos } = await span();
    expect(startMicros).toBeGreaterThan(before - 50_000);
    expect(startMicros).toBeLessThan(Date.now() * 1000 + 50_000);
    expect(durationNanos).toBeGreaterThan(25e6);
    expect(Number.isInteger(durationNanos)).toBe(true);
  });

  it('keeps a name the application gave it', async () => {
    const { url, span } = await serve((_request, response) => {
      currentSpan()?.rename('graphql ListUsers');
      response.end();
    });
    await fetch(`${url}/users/1`);
    expect(await span()).toMatchObject({ name: 'graphql ListUsers', httpRoute: '/users/:id' });
  });

  it('keeps headers and the client address only when asked, secrets redacted', async () => {
    const { url, span } = await serve((_request, response) => response.setHeader('x-cache', ['a', 'b']).end(), {
      headers: { request: ['X-Tenant', 'authorization'], response: ['X-Cache', 'etag'] },
      clientAddress: true,
    });
    await fetch(`${url}/`, { headers: { 'x-tenant': 'acme', authorization: 'Basic c2VjcmV0', 'x-other': 'no' } });
    const { attributes } = await span();
    expect(attributes).toMatchObject({
      'http.request.header.x-tenant': ['acme'],
      'http.response.header.x-cache': ['a', 'b'],
      'client.address': '127.0.0.1',
    });
    expect(JSON.stringify(attributes)).not.toContain('c2VjcmV0');
    expect(attributes).not.toHaveProperty('http.request.header.x-other');
    expect(attributes).not.toHaveProperty('http.response.header.etag');
  });

  it('reads the address from the socket when the Host header is malformed', async () => {
    const { port, span } = await serve(answer);
    const socket = connect(port, '127.0.0.1');
    socket.end('GET http://u:p@example/abs?x=1 HTTP/1.1\r\nHost: a/b c\r\nConnection: close\r\n\r\n');
    await once(socket.resume(), 'close');
    expect((await span()).attributes).toMatchObject({
      'server.address': '127.0.0.1',
      'server.port': port,
      'url.path': '/abs',
      'url.query': 'x=1',
    });
  });

  it('shares the attributes that requests of one client have in common', async () => {
    const { url, spans } = await serve(answer);
    await fetch(`${url}/a`);
    await fetch(`${url}/b`);
    const [one, two] = await spans(2);
    expect(one?.sharedAttributes).toBe(two?.sharedAttributes);
  });
});

describe('the query', () => {
  it('is redacted', async () => {
    const { url, span } = await serve(answer);
    await fetch(`${url}/a?page=1&api_key=canary1&X-Amz-Signature=canary2`);
    expect((await span()).attributes['url.query']).toBe('page=1&api_key=REDACTED&X-Amz-Signature=REDACTED');
  });
});

describe('the outcome', () => {
  it.each([
    [204, 'ok', undefined],
    [302, 'ok', undefined],
    [404, 'ok', undefined],
    [499, 'ok', undefined],
    [500, 'error', '500'],
    [503, 'error', '503'],
  ])('of status %i is %s', async (status, outcome, errorType) => {
    const { url, span } = await serve((_request, response) => response.writeHead(status).end());
    await fetch(`${url}/users/1`, { redirect: 'manual' });
    expect(await span()).toMatchObject({ httpStatusCode: status, outcome, errorType });
  });

  it('is aborted, without a status, when the client leaves before the head', async () => {
    let arrive = () => {};
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const { url, span } = await serve(() => arrive());
    const request = httpRequest(`${url}/users/1`).on('error', () => {});
    request.end();
    await arrived;
    request.destroy();
    expect(await span()).toMatchObject({ outcome: 'aborted', errorType: 'aborted', httpStatusCode: undefined });
  });

  it('is aborted, with the status sent, when the client leaves in the middle of the body', async () => {
    const { url, span } = await serve((_request, response) => void response.writeHead(200).write('half'));
    const request = httpRequest(`${url}/users/1`, (response) => response.once('data', () => request.destroy()));
    request.on('error', () => {}).end();
    expect(await span()).toMatchObject({ outcome: 'aborted', httpStatusCode: 200 });
  });

  it('is aborted, without a status, when the client breaks off its upload, with any response (FAULTS 31)', async () => {
    const { port, span } = await serve((request, response) => {
      socket.destroy();
      request.once('aborted', () => {
        exceptionThrown(request, new RangeError('request aborted'));
        response.writeHead(500).end('sorry');
      });
    });
    const socket = connect(port).on('error', () => {});
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nhalf');
    expect(await span()).toMatchObject({
      outcome: 'aborted',
      httpStatusCode: undefined,
      errorType: 'aborted',
      attributes: { 'exception.type': 'RangeError' },
    });
  });

  it('is aborted, without a status, when the response is destroyed before it is answered (FAULTS 34)', async () => {
    const { url, span } = await serve((_request, response) => {
      response.destroy();
      response.end('too late');
    });
    await fetch(url).catch(() => {});
    expect(await span()).toMatchObject({ outcome: 'aborted', httpStatusCode: undefined, errorType: 'aborted' });
  });

  it('is aborted when the client has left before the middleware ran', async () => {
    const sink = new MemorySink();
    const ferret = new FerretInstance({ sink });
    const server = createServer((request, response) => {
      response.on('close', () => {
        ferret.http.trace(
          request,
          response,
          () => undefined,
          () => {},
        );
        void ferret.flush();
      });
    });
    server.listen(0);
    await once(server, 'listening');
    cleanUp.push(async () => {
      server.close();
      await ferret.close();
    });
    const request = httpRequest({ port: (server.address() as AddressInfo).port }).on('error', () => {});
    const arrived = once(server, 'request');
    request.end();
    await arrived;
    request.destroy();
    await vi.waitFor(() => expect(sink.spans).toMatchObject([{ outcome: 'aborted' }]));
  });

  it('is error, with the exception, when the framework reports one', async () => {
    const { url, span } = await serve((request, response) => {
      exceptionThrown(request, new TypeError('boom'));
      response.writeHead(500).end();
    });
    await fetch(`${url}/users/1`);
    expect(await span()).toMatchObject({
      outcome: 'error',
      errorType: '500',
      attributes: { 'exception.type': 'TypeError', 'exception.message': 'boom' },
    });
  });

  it("stays ok when an exception is answered with 4xx, which is the client's error", async () => {
    const { url, span } = await serve((request, response) => {
      exceptionThrown(request, new RangeError('bad page'));
      response.writeHead(400).end();
    });
    await fetch(`${url}/users/1`);
    expect(await span()).toMatchObject({
      outcome: 'ok',
      errorType: undefined,
      attributes: { 'exception.type': 'RangeError' },
    });
  });

  it.each([
    [Object.assign(new Error('log in'), { status: 401 }), 'ok'],
    [Object.assign(new Error('gone'), { statusCode: 410 }), 'ok'],
    [Object.assign(new Error('down'), { status: 503 }), 'error'],
    [new Error('any'), 'error'],
    [null, 'error'],
  ])('of a redirect follows the status that the exception states: %s is %s', async (error, outcome) => {
    const { url, span } = await serve((request, response) => {
      exceptionThrown(request, error);
      response.writeHead(303, { location: '/login' }).end();
    });
    await fetch(`${url}/users/1`, { redirect: 'manual' });
    expect(await span()).toMatchObject({ outcome, httpStatusCode: 303 });
  });

  it('is error, with the class of the exception, when it was thrown after the head was sent', async () => {
    const { url, span } = await serve((request, response) => {
      response.writeHead(200).write('half');
      exceptionThrown(request, new SyntaxError('late'));
      response.destroy();
    });
    await fetch(`${url}/users/1`)
      .then((response) => response.text())
      .catch(() => {});
    expect(await span()).toMatchObject({ outcome: 'error', errorType: 'SyntaxError', httpStatusCode: 200 });
  });

  it('is error, with the class of the error, when a stream failed and destroyed the response', async () => {
    const { url, span } = await serve((_request, response) => {
      const body = new PassThrough();
      body.write('half');
      pipeline(body, response, () => {});
      setTimeout(() => body.destroy(new SyntaxError('late')), 5);
    });
    await fetch(`${url}/users/1`)
      .then((response) => response.text())
      .catch(() => {});
    expect(await span()).toMatchObject({
      outcome: 'error',
      errorType: 'SyntaxError',
      attributes: { 'exception.message': 'late' },
    });
  });

  it('is error when the application says so', async () => {
    const { url, span } = await serve((_request, response) => {
      currentSpan()?.recordError(new Error('half of it failed'));
      response.end('partial');
    });
    await fetch(`${url}/users/1`);
    expect(await span()).toMatchObject({ outcome: 'error', errorType: 'Error', httpStatusCode: 200 });
  });

  it('is interrupted when the process ends first (FAULTS 18)', async () => {
    const { ferret, sink, url } = await serve((_request, response) => void response.writeHead(200).write('x'));
    const response = await fetch(`${url}/users/1`);
    await ferret.close();
    expect(sink.spans).toMatchObject([{ outcome: 'interrupted', name: 'GET' }]);
    await response.body?.cancel();
  });
});

describe('HEAD, 204, 304 and a stream', () => {
  it('end their span with their response', async () => {
    const { url, spans } = await serve((request, response) => {
      if (request.url === '/204') response.writeHead(204).end();
      else if (request.url === '/304') response.writeHead(304).end();
      else {
        response.write('a');
        setTimeout(() => response.end('b'), 30);
      }
    });
    await fetch(`${url}/204`);
    await fetch(`${url}/304`);
    await fetch(`${url}/head`, { method: 'HEAD' });
    await (await fetch(`${url}/stream`)).text();
    const stored = await spans(4);
    expect(stored.map((span) => [span.name, span.httpStatusCode, span.outcome])).toEqual([
      ['GET', 204, 'ok'],
      ['GET', 304, 'ok'],
      ['HEAD', 200, 'ok'],
      ['GET', 200, 'ok'],
    ]);
    expect(stored[3]?.durationNanos).toBeGreaterThan(25e6);
  });
});

describe('trace context', () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const call = async (options: FerretOptions, headers: Record<string, string>) => {
    let sent: { traceparent?: string; tracestate?: string | undefined } = {};
    const { url, span } = await serve((_request, response) => {
      const current = currentSpan();
      if (current !== undefined) sent = { traceparent: current.traceparent, tracestate: current.tracestate };
      response.end();
    }, options);
    await fetch(`${url}/`, { headers });
    return { ...(await span()), sent };
  };

  it('is continued: the trace id, the parent, the state, and the flag of the caller', async () => {
    const span = await call({}, { traceparent: traceparent.replace(/01$/, '00'), tracestate: 'vendor=x' });
    expect(span).toMatchObject({ traceId: 'a'.repeat(32), parentId: 'b'.repeat(16), isLocalRoot: true });
    expect(span.sent).toEqual({ traceparent: `00-${'a'.repeat(32)}-${span.spanId}-00`, tracestate: 'vendor=x' });
  });

  it('starts a new trace if the header is malformed, and drops the state', async () => {
    const span = await call({}, { traceparent: traceparent.toUpperCase(), tracestate: 'vendor=x' });
    expect(span.traceId).not.toBe('a'.repeat(32));
    expect(span).toMatchObject({ parentId: undefined, sent: { tracestate: undefined } });
  });

  it('is restarted on request, with the ids of the caller kept', async () => {
    const span = await call({ traceContext: 'restart' }, { traceparent });
    expect(span).toMatchObject({
      parentId: undefined,
      attributes: { 'ferret.caller.trace_id': 'a'.repeat(32), 'ferret.caller.span_id': 'b'.repeat(16) },
    });
    expect(span.traceId).not.toBe('a'.repeat(32));
  });

  it('is ignored on request', async () => {
    const span = await call({ traceContext: 'ignore' }, { traceparent });
    expect(span.traceId).not.toBe('a'.repeat(32));
    expect(span.attributes).not.toHaveProperty('ferret.caller.trace_id');
  });
});

describe('a request', () => {
  it('is traced once, however often it passes an adapter (FAULTS 36)', async () => {
    const sink = new MemorySink();
    const [one, two] = [new FerretInstance({ sink }), new FerretInstance({ sink })];
    const { url } = await serve((request, response) =>
      one.http.trace(
        request,
        response,
        () => undefined,
        () =>
          two.http.trace(
            request,
            response,
            () => undefined,
            () => response.end(),
          ),
      ),
    );
    await fetch(url);
    await Promise.all([one.close(), two.close()]);
    expect(sink.spans).toHaveLength(0);
  });

  it('carries its span for code that has lost the context', async () => {
    const { url, span } = await serve((request, response) => {
      expect(spanOf(request)).toBe(currentSpan());
      spanOf(request)?.annotate({ found: true });
      response.end();
    });
    await fetch(url);
    expect((await span()).attributes).toMatchObject({ found: true });
  });

  it('A17: runs in its span again when it passes a second adapter after a library has lost the context', async () => {
    const { ferret, url, spans } = await serve((request, response) => {
      outside(() => {
        expect(currentSpan()).toBeUndefined();
        ferret.http.trace(
          request,
          response,
          () => undefined,
          () => {
            expect(currentSpan()).toBe(spanOf(request));
            ferret.measure('INSERT file', () => {});
            response.end();
          },
        );
      });
    });
    await fetch(`${url}/users/1`);
    const [child, parent] = await spans(2);
    expect(child).toMatchObject({ name: 'INSERT file', parentId: parent?.spanId, traceId: parent?.traceId });
  });

  it('A17: stays in its current child span if the context was not lost', async () => {
    const { ferret, url, spans } = await serve((request, response) => {
      ferret.measure('middleware', (span) =>
        ferret.http.trace(
          request,
          response,
          () => undefined,
          () => {
            expect(currentSpan()).toBe(span);
            response.end();
          },
        ),
      );
    });
    await fetch(url);
    await spans(2);
  });

  it('passes through after close, counted (FAULTS 24)', async () => {
    const { ferret, url } = await serve(answer);
    await ferret.close();
    expect(await (await fetch(url)).text()).toBe('ok');
    expect(ferret.stats()).toMatchObject({ started: 1, dropped: { closed: 1 } });
  });
});

describe('ignore', () => {
  it.each([
    ['/health', '/health?x=1', true],
    ['/health', '/healthy', false],
    ['/assets/*', '/assets/a.js', true],
    ['/assets/*', '/asset', false],
    ['/users/:id/photo.png', '/users/42/photo.png', true],
    ['/users/:id/photo.png', '/users/42/photo-png', false],
    ['/users/:id', '/users/42/orders', false],
    ['/users/:id', '/users/', false],
    ['/users/:id/*', '/users/42/orders/1', true],
    [/^\/v\d+\/ping$/g, '/v2/ping', true],
    [(request: IncomingMessage) => request.headers['x-probe'] !== undefined, '/x', false],
  ])('%s leaves %s alone: %s', async (rule, path, ignored) => {
    const { ferret, url } = await serve(
      (request, response) => {
        expect(spanOf(request)?.isRecording).toBe(!ignored);
        response.end();
      },
      { ignore: rule },
    );
    await fetch(url + path);
    await fetch(url + path);
    expect(ferret.stats().started).toBe(ignored ? 0 : 2);
  });

  it('records no spans below the request, and propagates the trace context of the caller', async () => {
    const sent: (string | undefined)[] = [];
    const { ferret, url } = await serve(
      (_request, response) => {
        sent.push(ferret.measure('SELECT 1', () => ferret.start('deeper').end()) ?? currentSpan()?.traceparent);
        response.end();
      },
      { ignore: '/health' },
    );
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await fetch(`${url}/health`, { headers: { traceparent } });
    await fetch(`${url}/health`);
    expect(sent).toEqual([traceparent, expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/)]);
    expect(ferret.stats()).toMatchObject({ started: 0, pending: 0 });
  });

  it('can be decided by the handler', async () => {
    const { ferret, sink, url, spans } = await serve((request, response) => {
      if (request.url === '/health') ignoreRequest(request);
      ferret.measure('SELECT 1', () => {});
      response.end();
    });
    await fetch(`${url}/health`);
    await fetch(`${url}/users/1`);
    await spans(2);
    expect(sink.spans.map(({ name }) => name)).toEqual(['SELECT 1', 'GET /users/:id']);
    expect(ferret.stats()).toMatchObject({ started: 2, stored: 2 });
  });

  it('records a request whose rule throws (FAULTS 28)', async () => {
    const { url, span, diagnostics } = await serve(answer, {
      ignore: () => {
        throw new Error('broken rule');
      },
    });
    expect((await fetch(url)).status).toBe(200);
    await span();
    expect(diagnostics).toMatchObject([{ code: 'HOOK_FAILED', message: expect.stringContaining('ignore') }]);
  });

  it('does not treat the promise of an asynchronous rule as true', async () => {
    const { url, span } = await serve(answer, { ignore: (async () => false) as never });
    await fetch(url);
    await span();
  });
});

describe('a fault of the adapter', () => {
  it('never reaches the application', async () => {
    const sink = new MemorySink();
    const ferret = new FerretInstance({ sink, onDiagnostic: () => {} });
    const server = createServer((request, response) =>
      ferret.http.trace(
        request,
        response,
        () => {
          throw new Error('no route');
        },
        () => response.end('fine'),
      ),
    );
    server.listen(0);
    await once(server, 'listening');
    cleanUp.push(async () => {
      server.close();
      await ferret.close();
    });
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, {
      headers: { connection: 'close' },
    });
    expect(await response.text()).toBe('fine');
    await vi.waitFor(async () => {
      await ferret.flush();
      expect(sink.spans).toHaveLength(1);
    });
  });
});

describe('a span that begins before any framework has the request', () => {
  /** A server whose requests are traced there, and in an adapter within. */
  async function serveTwice(isAdapterThere: boolean) {
    const sink = new MemorySink();
    const ferret = new FerretInstance({ sink });
    const server = createServer((request, response) => {
      const inner = () => response.end('ok');
      const adapter = () =>
        ferret.http.trace(
          request,
          response,
          () => '/adapter/:id',
          () => ferret.http.trace(request, response, () => '/inner/:id', inner),
        );
      ferret.http.trace(request, response, () => '/server/:id', isAdapterThere ? adapter : inner, true);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanUp.push(async () => {
      server.close();
      await ferret.close();
    });
    await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/users/7`)).text();
    return vi.waitFor(async () => {
      await ferret.flush();
      expect(sink.spans).toHaveLength(1);
      return sink.spans[0];
    });
  }

  it('has the route that the first adapter finds', async () => {
    expect(await serveTwice(true)).toMatchObject({ name: 'GET /adapter/:id' });
  });

  it('has its own route where there is no adapter', async () => {
    expect(await serveTwice(false)).toMatchObject({ name: 'GET /server/:id' });
  });
});
