import { exchange, exchangeHttp2, exchangeOverSocket, leave, leaveInBody, request } from './exchange.js';
import { childSpan, type Expected, serverSpan } from './expected-spans.js';
import type { Application, Stack } from './stack.js';
import type { StoredSpan } from './stored-spans.js';

/** An action of clients, and the spans that must come of it. */
export interface Case {
  readonly name: string;
  /** For another application than that of `Stack.build`; left out where the stack has none. */
  readonly on?: 'http2' | 'sockets';
  /** Sends the requests, and resolves to the text that the client received. */
  run(application: Application, stack: Stack): Promise<string>;
  expected(stack: Stack, received: string): StoredSpan[];
  /** The least that the first span must take. */
  readonly lastsMillis?: number;
}

/** A case of one request that gets its answer. */
function simple(
  name: string,
  expected: Expected,
  more: { lastsMillis?: number; headers?: Record<string, string> } = {},
): Case {
  return {
    name,
    run: ({ server }) => exchange(server, request(expected.method ?? 'GET', expected.target, more)),
    expected: (stack) => [serverSpan(stack, { status: 200, ...expected })],
    ...(more.lastsMillis === undefined ? {} : { lastsMillis: more.lastsMillis }),
  };
}

const boom = { status: 500, outcome: 'error', errorType: '500' } as const;
const caller = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };

export const CASES: readonly Case[] = [
  simple('a route', { target: '/plain', route: '/plain', handler: 'Root.plain' }),
  simple('a query, redacted', {
    target: '/plain?page=2&token=REDACTED',
    route: '/plain',
    handler: 'Root.plain',
  }),
  simple('a nested route, with parameters in the mount', {
    target: '/api/t/acme/users/7',
    route: '/api/t/:tenant/users/:id',
    handler: 'Users.show',
  }),
  simple('a nested route that throws', {
    ...boom,
    target: '/api/t/acme/users/7/boom',
    route: '/api/t/:tenant/users/:id/boom',
    handler: 'Users.boom',
    exception: ['TypeError', 'nested'],
  }),
  simple('a slow answer', { target: '/slow', route: '/slow', handler: 'Root.slow' }, { lastsMillis: 25 }),
  simple('a stream', { target: '/stream', route: '/stream', handler: 'Root.stream' }, { lastsMillis: 12 }),
  {
    ...simple(
      'server-sent events',
      { target: '/events', route: '/events', handler: 'Root.events' },
      { lastsMillis: 12 },
    ),
    // Nest keeps the connection, whatever the client wants.
    run: ({ server }) => leave(server, request('GET', '/events'), '\r\n0\r\n\r\n'),
  },
  simple('thrown early', {
    ...boom,
    target: '/throws',
    route: '/throws',
    handler: 'Root.throws',
    exception: ['TypeError', 'early'],
  }),
  simple('thrown asynchronously', {
    ...boom,
    target: '/rejects',
    route: '/rejects',
    handler: 'Root.rejects',
    exception: ['RangeError', 'async'],
  }),
  simple('thrown late, after the head', {
    target: '/late',
    route: '/late',
    handler: 'Root.late',
    outcome: 'error',
    errorType: 'SyntaxError',
    exception: ['SyntaxError', 'late'],
  }),
  {
    name: 'aborted before the head',
    run: ({ server }) => leave(server, request('GET', '/hang')),
    expected: (stack) => [
      serverSpan(stack, {
        target: '/hang',
        route: '/hang',
        handler: 'Root.hang',
        outcome: 'aborted',
        errorType: 'aborted',
      }),
    ],
  },
  {
    name: 'aborted in the middle of the body',
    run: ({ server }) => leave(server, request('GET', '/half'), 'half'),
    expected: (stack) => [
      serverSpan(stack, {
        target: '/half',
        route: '/half',
        handler: 'Root.half',
        status: 200,
        outcome: 'aborted',
        errorType: 'aborted',
      }),
    ],
  },
  ...Object.entries({
    text: 'a text',
    file: 'a file',
    web: 'a web stream',
    iterator: 'an iterator',
    compressed: 'a compressed stream',
  }).map(
    ([kind, words]): Case => ({
      name: `aborted in the middle of ${words}`,
      run: ({ server }) => leaveInBody(server, `/large/${kind}`),
      expected: (stack) => [
        serverSpan(stack, {
          target: `/large/${kind}`,
          route: `/large/${kind}`,
          handler: `Large.${kind}`,
          status: 200,
          outcome: 'aborted',
          errorType: 'aborted',
        }),
      ],
    }),
  ),
  simple('HEAD', { method: 'HEAD', target: '/plain', route: '/plain', handler: 'Root.plain' }),
  simple('204', { target: '/empty', route: '/empty', handler: 'Root.empty', status: 204 }),
  simple('304', { target: '/unchanged', route: '/unchanged', handler: 'Root.unchanged', status: 304 }),
  simple('404 of a route', { target: '/missing/1', route: '/missing/:id', handler: 'Root.missing', status: 404 }),
  simple('404 of no route', { target: '/nowhere/1', status: 404 }),
  {
    name: 'a mounted function',
    run: ({ server }) => exchange(server, request('GET', '/files')),
    expected: (stack) => [serverSpan(stack, { target: '/files', status: 200, ...routeOf(stack.mount?.own) })],
  },
  {
    name: 'a mounted function, below its path',
    run: ({ server }) => exchange(server, request('GET', '/files/2026/a.txt')),
    expected: (stack) => [
      serverSpan(stack, { target: '/files/2026/a.txt', status: 200, ...routeOf(stack.mount?.below) }),
    ],
  },
  simple('404 below a mounted function', { target: '/files/nothing', status: 404 }),
  {
    name: 'a malformed path',
    run: ({ server }) => exchange(server, request('GET', '/%E0%A4%A')),
    // Some frameworks find no route for it, others find it wrong.
    expected: (stack, received) => [
      serverSpan(stack, { target: '/%E0%A4%A', status: Number(/^HTTP\/1.1 (404|400) /.exec(received)?.[1]) }),
    ],
  },
  {
    name: 'an upload in pieces',
    run: ({ server }) => {
      const text = request('POST', '/upload', { body: '{"a":[1,2,3]}' });
      const body = text.indexOf('{');
      return exchange(
        server,
        text.slice(0, 20),
        text.slice(20, body + 3),
        text.slice(body + 3, body + 6),
        text.slice(body + 6),
      );
    },
    expected: (stack) => [
      serverSpan(stack, {
        method: 'POST',
        target: '/upload',
        route: '/upload',
        handler: 'Root.upload',
        status: 200,
        attributes: { seen: true },
      }),
      childSpan('INSERT', 'POST /upload'),
    ],
  },
  {
    name: 'requests on a connection kept alive',
    run: ({ server }) =>
      exchange(
        server,
        request('GET', '/carts/1', { last: false }),
        request('GET', '/nowhere', { last: false }),
        request('GET', '/plain'),
      ),
    expected: (stack) => [
      cart(stack, '1'),
      serverSpan(stack, { target: '/nowhere', status: 404 }),
      serverSpan(stack, { target: '/plain', route: '/plain', handler: 'Root.plain', status: 200 }),
    ],
  },
  {
    name: 'pipelined requests',
    run: ({ server }) =>
      exchange(
        server,
        Array.from({ length: 20 }, (_, index) => request('GET', `/carts/${index}`, { last: index === 19 })).join(''),
      ),
    expected: (stack) => Array.from({ length: 20 }, (_, index) => cart(stack, String(index))),
  },
  {
    name: 'a WebSocket upgrade beside it',
    run: ({ server }) => {
      server.once('upgrade', (_request, socket) => {
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
      });
      const headers = { Connection: 'Upgrade', Upgrade: 'websocket' };
      return exchange(server, request('GET', '/socket', { headers }));
    },
    expected: () => [],
  },
  {
    name: 'a WebSocket that passes through it',
    on: 'sockets',
    run: ({ server }) => exchangeOverSocket(server, '/rooms/7'),
    expected: ({ socket = { route: '', path: '' }, ...stack }) => [
      serverSpan(stack, { target: socket.path, route: socket.route, status: 101, upgradedTo: 'websocket' }),
    ],
  },
  {
    name: 'HTTP/2',
    on: 'http2',
    run: ({ server }) => exchangeHttp2(server, '/api/t/acme/users/7'),
    expected: (stack) => [
      serverSpan(stack, {
        target: '/api/t/acme/users/7',
        route: '/api/t/:tenant/users/:id',
        handler: 'Users.show',
        status: 200,
        attributes: { 'network.protocol.version': '2.0' },
      }),
    ],
  },
  {
    name: 'aborted before the head, over HTTP/2',
    on: 'http2',
    run: ({ server }) => exchangeHttp2(server, '/hang', 'arrival'),
    expected: (stack) => [
      serverSpan(stack, {
        target: '/hang',
        route: '/hang',
        handler: 'Root.hang',
        outcome: 'aborted',
        errorType: 'aborted',
        attributes: { 'network.protocol.version': '2.0' },
      }),
    ],
  },
  {
    name: 'without a connection, as serverless platforms call it',
    run: async ({ invoke }) => (await invoke?.('/api/t/acme/users/7')) ?? '',
    expected: (stack) => [
      serverSpan(stack, {
        target: '/api/t/acme/users/7',
        route: '/api/t/:tenant/users/:id',
        handler: 'Users.show',
        status: 200,
        ...(stack.invokedBy && { attributes: stack.invokedBy }),
      }),
    ],
  },
  {
    name: 'child spans',
    run: ({ server }) => exchange(server, request('GET', '/child')),
    expected: (stack) => [
      serverSpan(stack, { target: '/child', route: '/child', handler: 'Root.child', status: 200 }),
      childSpan('outer', 'GET /child'),
      childSpan('inner', 'outer'),
    ],
  },
  {
    name: 'annotations of a route',
    run: ({ server }) => exchange(server, request('GET', '/carts/7')),
    expected: (stack) => [cart(stack, '7')],
  },
  simple(
    "a caller's trace",
    { target: '/plain', route: '/plain', handler: 'Root.plain', parent: caller.spanId },
    { headers: { traceparent: `00-${caller.traceId}-${caller.spanId}-01`, tracestate: 'vendor=x' } },
  ),
  simple(
    'a malformed traceparent',
    { target: '/plain', route: '/plain', handler: 'Root.plain' },
    { headers: { traceparent: `00-${caller.traceId}-${caller.spanId.toUpperCase()}-01` } },
  ),
];

/** A route that a stack may not know. */
function routeOf(route: string | undefined): { route?: string } {
  return route === undefined ? {} : { route };
}

function cart(stack: Stack, id: string): StoredSpan {
  const attributes = { team: 'growth', tier: 2, 'cart.id': id };
  return serverSpan(stack, {
    target: `/carts/${id}`,
    route: '/carts/:id',
    handler: 'Root.cart',
    status: 200,
    attributes,
  });
}
