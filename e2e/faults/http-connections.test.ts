import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Ferret } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';
import express5 from 'express';
import express4 from 'express-4';
import { describe, expect, it } from 'vitest';
import { exchange, request } from '../contract/exchange.js';
import { servePair } from './pair.js';
import { scaled } from './scale.js';

const ONE = request('GET', '/users/1', { last: false });

describe.each([
  ['Express 5.3', express5],
  ['Express 4.22', express4],
])('%s', (_version, express) => {
  function build(instance: Ferret | undefined): Server {
    const app = express();
    if (instance !== undefined) app.use(ferret(instance));
    app.get('/users/:id', (request, response) => void response.send(request.params.id));
    app.get('/empty', (_request, response) => void response.status(204).end());
    app.get('/unchanged', (_request, response) => void response.status(304).end());
    app.get('/hints', (_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      response.send('hints');
    });
    app.post('/upload', (request, response) => void request.pipe(response));
    const server = createServer(app);
    server.maxRequestsPerSocket = 0;
    return server;
  }

  it('32 a. 1,000 requests on one socket, one after the other, are a row each', async () => {
    const { traced, bare, rows } = await servePair(build);
    const counts: number[] = [];
    traced.on('request', (request) => counts.push(listenersOf(request.socket)));
    const oneByOne = async (server: Server): Promise<string> => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').setEncoding('latin1');
      let received = '';
      for (let index = 0; index < 1_000; index++) {
        socket.write(ONE);
        received += await once(socket, 'data');
      }
      socket.destroy();
      return received.replaceAll(/^date: .*$/gim, '');
    };
    expect(await oneByOne(traced)).toBe(await oneByOne(bare));
    const stored = await rows(1_000);
    expect(stored.filter(({ name, outcome }) => name === 'GET /users/:id' && outcome === 'ok')).toHaveLength(1_000);
    expect(new Set(stored.map(({ trace_id }) => trace_id)).size).toBe(1_000);
    expect(new Set(counts).size, 'listeners of the socket at each request').toBe(1);
  });

  it('32 b. 1,000 pipelined requests are a row each, answered in order', async () => {
    const { exchange: both, rows } = await servePair(build);
    const numbered = Array.from({ length: 1_000 }, (_, index) =>
      request('GET', `/users/${index}`, { last: index === 999 }),
    );
    const received = await both(numbered.join(''));
    expect([...received.matchAll(/\r\n\r\n(\d+)(?=HTTP|$)/g)].map(([, id]) => Number(id))).toEqual(
      Array.from({ length: 1_000 }, (_, index) => index),
    );
    const stored = await rows(1_000);
    expect(stored.every(({ name, outcome }) => name === 'GET /users/:id' && outcome === 'ok')).toBe(true);
  });

  it.each([
    ['HEAD', request('HEAD', '/users/1'), 'HEAD /users/:id', 200],
    ['204', request('GET', '/empty'), 'GET /empty', 204],
    ['304', request('GET', '/unchanged'), 'GET /unchanged', 304],
    ['102 and 103', request('GET', '/hints'), 'GET /hints', 200],
    ['100', request('POST', '/upload', { body: '{"a":1}', headers: { Expect: '100-continue' } }), 'POST /upload', 200],
    ['OPTIONS', request('OPTIONS', '/users/1'), 'OPTIONS', 200],
    ['OPTIONS *', request('OPTIONS', '*'), 'OPTIONS', 404],
  ])('33 a. %s is answered as without Ferret, and a row', async (_what, sent, name, status) => {
    const { exchange: both, rows } = await servePair(build);
    const received = await both(sent);
    const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, digits]) => Number(digits));
    expect(statuses.at(-1)).toBe(status);
    expect(await rows(1)).toMatchObject([{ name, http_status_code: status, outcome: 'ok' }]);
  });

  it('33 b. CONNECT and Upgrade never reach the middleware, and are no row', async () => {
    const { traced, bare, exchange: both, rows } = await servePair(build);
    const tunnel = request('CONNECT', 'example.test:443');
    const upgrade = request('GET', '/socket', { headers: { Connection: 'Upgrade', Upgrade: 'websocket' } });
    // Nobody listens: Node itself closes the tunnel, and answers the upgrade as a plain request.
    expect(await both(tunnel)).toBe('');
    expect(await both(upgrade.replace('Connection: Upgrade', 'Connection: close, Upgrade'))).toContain(' 404 ');
    for (const server of [traced, bare]) {
      server.on('connect', (_request, socket: Socket) => socket.end('HTTP/1.1 200 Tunnel\r\n\r\nthrough'));
      server.on('upgrade', (_request, socket: Socket) => socket.end('HTTP/1.1 101 Upgrade\r\n\r\nhello'));
    }
    expect(await both(tunnel)).toContain('through');
    expect(await both(upgrade)).toContain('hello');
    expect(await rows(1)).toMatchObject([{ name: 'GET', http_status_code: 404 }]);
  });
});

/** An event a second, until the client has seen enough. */
it(`33 c. server-sent events that are open for ${scaled(60)} s are a row when they are closed`, async () => {
  const {
    ferret: instance,
    traced,
    bare,
    rows,
  } = await servePair((instance) => {
    const app = express5();
    if (instance !== undefined) app.use(ferret(instance));
    app.get('/events', (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      let count = 0;
      const timer = setInterval(() => response.write(`data: ${++count}\n\n`), 1_000);
      response.once('close', () => clearInterval(timer));
    });
    app.get('/plain', (_request, response) => void response.send('plain'));
    return createServer(app);
  });
  const seconds = scaled(60);
  const watch = async (server: Server): Promise<string> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let received = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
    socket.write(request('GET', '/events'));
    while (!received.includes(`data: ${seconds}\n`)) await once(socket, 'data');
    if (server === traced) {
      await exchange(server, request('GET', '/plain'));
      await instance.flush();
      expect(instance.stats()).toMatchObject({ started: 2, stored: 1, pending: 1 });
    }
    socket.destroy();
    return received.replaceAll(/^date: .*$/gim, '');
  };
  const [received, wanted] = await Promise.all([watch(traced), watch(bare)]);
  expect(received).toBe(wanted);
  const [events] = await rows(2);
  expect(events).toMatchObject({ name: 'GET /events', outcome: 'aborted', http_status_code: 200 });
  expect(events?.duration_ns).toBeGreaterThan((seconds - 0.1) * 1e9);
});

function listenersOf(socket: Socket): number {
  return socket.eventNames().reduce((sum, event) => sum + socket.listenerCount(event), 0);
}
