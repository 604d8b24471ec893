import { AsyncResource } from 'node:async_hooks';
import { currentSpan, type Span } from '@ferretjs/core';
import { notesOf } from '@ferretjs/core/adapter';
import type { NextFunction, Request, Response } from 'express';
import supertest from 'supertest';
import { describe, expect, it, vi } from 'vitest';
import { spanOf } from './index.js';
import { build, VERSIONS } from './versions.fixture.js';

/** Created outside of any request, like the connection pool of a session store. */
const outside = new AsyncResource('pool');

describe.each(VERSIONS)('%s', (_version, express) => {
  const middleware = {
    'without a context (multer 1, express-fileupload)':
      () => (_request: Request, _response: Response, next: NextFunction) => {
        outside.runInAsyncScope(() => setImmediate(next));
      },
    'from the context of another request (a callback session store)': () => {
      let first: AsyncResource | undefined;
      return (_request: Request, _response: Response, next: NextFunction) => {
        first ??= new AsyncResource('store');
        first.runInAsyncScope(() => setImmediate(next));
      };
    },
  };

  describe.each(Object.entries(middleware))('A17: behind a middleware that calls next %s', (_what, create) => {
    it.each(['before the route', 'in the route', 'before a mount'])(
      'A17: %s, spans are children of the request',
      async (place) => {
        const { app, instance, sink, span } = build(express);
        const lose = create();
        const seen: (Span | undefined)[] = [];
        const handle = async (request: Request, response: Response) => {
          seen.push(currentSpan(), spanOf(request));
          await instance.measure('INSERT file', () => Promise.resolve());
          response.end('ok');
        };
        if (place !== 'in the route') app.use(lose);
        if (place === 'before a mount') app.use('/upload', handle);
        else if (place === 'in the route') app.post('/upload', lose, handle);
        else app.post('/upload', handle);
        for (const count of [2, 4]) {
          await supertest(app).post('/upload').expect(200, 'ok');
          await span(count);
        }
        expect(seen[0]).toBe(seen[1]);
        expect(seen[2]).toBe(seen[3]);
        const roots = sink.spans.filter(({ name }) => name === 'POST /upload');
        const children = sink.spans.filter(({ name }) => name === 'INSERT file');
        expect(roots).toHaveLength(2);
        expect(children.map(({ parentId, traceId }) => [parentId, traceId])).toEqual(
          roots.map(({ spanId, traceId }) => [spanId, traceId]),
        );
      },
    );
  });

  it('A17: a span that the application starts around the route stays the parent', async () => {
    const { app, instance, sink, span } = build(express);
    app.use((_request, _response, next) => instance.measure('around', () => next()));
    app.get('/x', (_request, response) => {
      instance.measure('inside', () => response.end('ok'));
    });
    await supertest(app).get('/x').expect(200);
    await span(3);
    await vi.waitFor(() => expect(sink.spans).toHaveLength(3));
    const byName = new Map(sink.spans.map((one) => [one.name, one]));
    expect(byName.get('inside')?.parentId).toBe(byName.get('around')?.spanId);
    expect(byName.get('around')?.parentId).toBe(byName.get('GET /x')?.spanId);
  });

  it('retains nothing of a request once it is over, also if it was ignored', async () => {
    const { app, instance, span } = build(express, { ignore: ['/ignored'] });
    const requests: Request[] = [];
    app.use('/mount', (request, response) => {
      requests.push(request);
      response.end('ok');
    });
    app.get(['/route', '/ignored'], (request, response) => {
      requests.push(request);
      response.end('ok');
    });
    for (const path of ['/mount', '/ignored', '/route', '/route']) await supertest(app).get(path).expect(200);
    await span(3);
    await instance.flush();
    expect(requests.map((request) => notesOf(request)?.note)).toEqual([undefined, undefined, undefined, undefined]);
  });
});
