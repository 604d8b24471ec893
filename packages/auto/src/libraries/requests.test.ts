import { once } from 'node:events';
import http, { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFerret, type Ferret } from '@ferretjs/core';
import { ferretFor } from '@ferretjs/core/adapter';
import { MemorySink } from '@ferretjs/core/testing';
import type { ErrorRequestHandler } from 'express';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lineOf } from '../announcement.js';
import { coverage } from '../coverage.js';
import { instrument } from '../instrument.js';

const sink = new MemorySink();
let ferret: Ferret;

beforeAll(() => {
  instrument();
  ferret = createFerret({ sink, maxSpansPerSecond: Number.POSITIVE_INFINITY, recordExceptions: true });
  // As an adapter is given it: requests go there.
  ferretFor(ferret);
});
let before = 0;
beforeEach(() => {
  before = sink.spans.length;
});
afterAll(() => ferret.close());

/** The spans that a test has made so far. */
async function spansNow() {
  await ferret.flush();
  return sink.spans.slice(before);
}

/** Asks a server for some paths, one after the other, and returns the spans of that. */
async function ask(listener: RequestListener, ...paths: string[]) {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  for (const path of paths) {
    const [response] = (await once(http.get({ port, path, host: '127.0.0.1', agent: false }), 'response')) as [
      IncomingMessage,
    ];
    await once(response.resume(), 'close');
  }
  await once(server.close(), 'close');
  return spansNow();
}

const brief = (spans: readonly { name: string; outcome: string; errorType?: string | undefined }[]) =>
  spans.map(({ name, outcome, errorType }) =>
    [name, outcome, ...(errorType === undefined ? [] : [errorType])].join(' '),
  );

describe('requests', () => {
  it('have the routes and exceptions of Express', async () => {
    const { default: express } = await import('express');
    const app = express();
    app.get('/users/:id', (_request, response) => void response.send('ok'));
    app.get('/boom', () => {
      throw new Error('boom');
    });
    const answer: ErrorRequestHandler = (_error, _request, response, _next) => void response.status(500).end();
    app.use(answer);
    const spans = await ask(app, '/users/7', '/boom', '/no');
    expect(brief(spans)).toEqual(['GET /users/:id ok', 'GET /boom error 500', 'GET ok']);
    expect(spans[1]?.attributes).toMatchObject({ 'exception.message': 'boom' });
  });

  it('have the routes and exceptions of Koa', async () => {
    const { default: Koa } = await import('koa');
    const { default: Router } = await import('@koa/router');
    const app = new Koa();
    const router = new Router();
    router.get('/users/:id', (context) => {
      context.body = 'ok';
    });
    router.get('/boom', () => {
      throw new Error('boom');
    });
    app.on('error', () => {});
    app.use(router.routes());
    const spans = await ask(app.callback(), '/users/7', '/boom', '/no');
    expect(brief(spans)).toEqual(['GET /users/:id ok', 'GET /boom error 500', 'GET ok']);
    expect(spans[1]?.attributes).toMatchObject({ 'exception.message': 'boom' });
  });

  it('have the routes and exceptions of Fastify, also without a server', async () => {
    const { default: fastify } = await import('fastify');
    const app = fastify();
    app.get('/users/:id', async () => 'ok');
    app.get('/boom', async () => {
      throw new Error('boom');
    });
    for (const path of ['/users/7', '/boom', '/no']) await app.inject(path);
    expect(brief(await spansNow())).toEqual(['GET /users/:id ok', 'GET /boom error 500', 'GET ok']);
  });

  it('have the calls that they make', async () => {
    const target = createServer((request, response) => {
      response.statusCode = Number(request.url?.slice(1)) || 200;
      response.end(request.headers.traceparent);
    });
    await once(target.listen(0, '127.0.0.1'), 'listening');
    const base = `http://127.0.0.1:${(target.address() as AddressInfo).port}`;
    const heard: string[] = [];
    await ask(async (_request, response) => {
      heard.push(await (await fetch(`${base}/404`)).text());
      const [answer] = (await once(http.get(`${base}/ok?token=canary`), 'response')) as [IncomingMessage];
      for await (const piece of answer.setEncoding('utf8')) heard.push(piece);
      await once(http.get('http://127.0.0.1:1'), 'error');
      const cut = http.get({ port: 1, host: '127.0.0.1', headers: ['host', 'x'] });
      await once(cut, 'error');
      response.end();
    }, '/');
    target.close();
    const calls = (await spansNow()).filter(({ kind }) => kind === 'client');
    expect(brief(calls)).toEqual(['GET error 404', 'GET ok', 'GET error ECONNREFUSED', 'GET error ECONNREFUSED']);
    expect(heard.map((traceparent) => traceparent.split('-')[2])).toEqual(
      calls.slice(0, 2).map(({ spanId }) => spanId),
    );
    expect(calls[1]?.attributes).toMatchObject({ 'url.full': `${base}/ok?token=REDACTED` });
  });
});

describe('the coverage', () => {
  it('names what this process has loaded, in one line too', async () => {
    await Promise.all([import('express'), import('koa')]);
    const found = coverage();
    const seen = new Map(found.map((each) => [each.library, each]));
    expect(seen.get('http server')).toMatchObject({ seen: 'node', isLoaded: true });
    expect(seen.get('koa')).toMatchObject({ seen: 'hook', isLoaded: true });
    expect(seen.get('express')).toMatchObject({ seen: 'hook', isLoaded: true });
    expect(lineOf(found)).toMatch(/^instrumented: http server .*koa \S+ \(hook\).*; not: /);
  });
});
