import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { createFerret, type Ferret } from '@ferretjs/core';
import { MemorySink } from '@ferretjs/core/testing';
import { ferret } from '@ferretjs/express';
import express5 from 'express';
import express4 from 'express-4';
import supertest from 'supertest';
import { afterEach, describe, expect, it, vi } from 'vitest';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(cleanUp.splice(0).map((close) => close())));

/** The same application, with Ferret or without. */
function build(express: typeof express5, instance?: Ferret) {
  const app = express();
  if (instance !== undefined) app.use(ferret(instance));
  app.use(express.json());
  app.get('/json', (_request, response) => void response.json({ a: 1 }));
  app.get(
    '/users/:id',
    (request, response) => void response.set('x-route', String(request.route.path)).send(request.params.id),
  );
  app.get('/empty', (_request, response) => void response.status(204).end());
  app.get('/moved', (_request, response) => response.redirect(302, '/json'));
  app.get('/stream', (_request, response) => {
    response.write('one');
    setTimeout(() => response.end('two'), 5);
  });
  app.get('/cookies', (_request, response) => void response.cookie('a', '1').cookie('b', '2').end());
  app.post('/echo', (request, response) => void response.json(request.body));
  app.get('/throws', () => {
    throw new Error('sync');
  });
  app.get('/rejects', async (_request, _response, next) => {
    await Promise.resolve();
    next(new Error('async'));
  });
  app.get('/twice', (_request, response) => {
    response.on('error', () => {});
    response.end('first');
    response.end('second');
  });
  app.get('/late', (_request, response, next) => {
    response.end('done');
    next(new Error('after the end'));
  });
  if (instance !== undefined) app.use(ferret.errors());
  app.use(((error: Error, _request, response, next) => {
    if (response.headersSent) return next(error);
    response.status(500).json({ error: error.message });
  }) as express5.ErrorRequestHandler);
  return app;
}

const requests: [
  method: 'get' | 'post' | 'head' | 'options' | 'delete',
  path: string,
  headers?: Record<string, string>,
  body?: string,
][] = [
  ['get', '/json'],
  ['get', '/json', { 'if-none-match': 'W/"7-LmrTo0eVvoVgVcVm1jX4rE8kT2k"' }],
  ['get', '/json', { 'if-none-match': '*' }],
  ['head', '/json'],
  ['get', '/users/7?x=1'],
  ['options', '/users/7'],
  ['delete', '/users/7'],
  ['get', '/empty'],
  ['get', '/moved'],
  ['get', '/stream'],
  ['get', '/cookies'],
  ['post', '/echo', { 'content-type': 'application/json' }, '{"a":[1,2,3]}'],
  ['post', '/echo', { 'content-type': 'application/json' }, '{broken'],
  ['get', '/throws'],
  ['get', '/rejects'],
  ['get', '/twice'],
  ['get', '/late'],
  ['get', '/nowhere'],
  ['get', '/%E0%A4%A'],
  ['get', '/json', { traceparent: 'x'.repeat(8000), tracestate: 'y' }],
];

describe.each([
  ['Express 5.3', express5],
  ['Express 4.22', express4],
])('%s', (_version, express) => {
  it.each(requests)('answers %s %s the same with Ferret as without', async (method, path, headers = {}, body) => {
    const instance = createFerret({ sink: new MemorySink() });
    cleanUp.push(() => instance.close());
    const ask = async (app: ReturnType<typeof build>) => {
      const answer = await supertest(app)
        [method](path)
        .redirects(0)
        .set(headers)
        .send(body)
        .ok(() => true);
      const { date: _date, ...rest } = answer.headers as Record<string, unknown>;
      return { status: answer.status, headers: rest, order: Object.keys(rest), text: answer.text };
    };
    vi.spyOn(console, 'error').mockReturnValue();
    expect(await ask(build(express, instance))).toEqual(await ask(build(express)));
    await vi.waitFor(() => expect(instance.stats().started).toBe(1));
  });

  async function listen(app: ReturnType<typeof build>): Promise<Server> {
    const server = createServer(app).listen(0);
    await once(server, 'listening');
    cleanUp.push(async () => {
      server.closeAllConnections();
      server.close();
    });
    return server;
  }

  it('writes a row for each of 1,000 pipelined requests on one socket, without a warning (FAULTS 32)', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    const sink = new MemorySink();
    const instance = createFerret({ sink });
    const server = await listen(build(express, instance));
    server.maxRequestsPerSocket = 0;
    const socket = connect((server.address() as AddressInfo).port);
    const one = 'GET /users/1 HTTP/1.1\r\nHost: localhost\r\n\r\n';
    socket.write(one.repeat(999) + one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    await once(socket, 'close');
    await instance.close();
    expect(received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(1_000);
    expect(sink.spans.filter((span) => span.name === 'GET /users/:id' && span.outcome === 'ok')).toHaveLength(1_000);
    expect(warnings).toEqual([]);
    process.off('warning', onWarning);
  });
});
