import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import type { Express as Express4, Request as Request4, Response as Response4 } from 'types-express-4';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as adapter from './index.js';
import {
  type Attributes,
  annotate,
  createFerret,
  currentSpan,
  defaultFerret,
  type Ferret,
  type FerretOptions,
  ferret,
  type Span,
  spanOf,
} from './index.js';

/** This code only has to compile. */
describe('A15: path parameters are inferred as without Ferret', () => {
  it('A15: with @types/express 5', () => {
    const routes = (app: Express) => {
      app.use(ferret());
      app.get('/c/:id', annotate({ team: 'growth' }), (request, response) => {
        expectTypeOf(request.params).toEqualTypeOf<{ id: string }>();
        response.send(request.params.id);
      });
      app.get('/d/:id', ferret(), annotate({ a: 1 }), annotate({ b: 2 }), ({ params }, response) => {
        expectTypeOf(params.id).toEqualTypeOf<string>();
        response.send(params.id);
      });
      app.get('/e/:id', annotate({ team: 'growth' }), async (request: Request<{ id: string }>, response: Response) => {
        response.send(request.params.id);
      });
      app.get(
        '/f/:id',
        annotate((request) => {
          expectTypeOf(request).toEqualTypeOf<Request>();
          return { 'cart.id': request.params['id'], path: request.path };
        }),
        annotate((request: Request<{ id: string }>) => ({ 'cart.id': request.params.id })),
        (request, response) => void response.send(request.params.id),
      );
      app.use('/g', annotate({ team: 'growth' }), ferret.errors());
    };
    expectTypeOf(routes).toBeFunction();
    expectTypeOf(ferret).returns.toExtend<RequestHandler>();
    expectTypeOf(annotate).returns.toExtend<RequestHandler<{ id: string }>>();
    expectTypeOf(ferret.errors).returns.toExtend<ErrorRequestHandler>();
  });

  it('A15: with @types/express 4', () => {
    const routes = (app: Express4) => {
      app.use(ferret());
      app.get('/c/:id', annotate({ team: 'growth' }), (request, response) => {
        expectTypeOf(request.params.id).toEqualTypeOf<string>();
        response.send(request.params.id);
      });
      app.get(
        '/e/:id',
        annotate({ team: 'growth' }),
        async (request: Request4<{ id: string }>, response: Response4) => {
          response.send(request.params.id);
        },
      );
      app.get(
        '/f/:id',
        annotate((request: Request4) => ({ 'cart.id': request.params['id'] })),
        (request, response) => {
          response.send(request.params.id);
        },
      );
      app.use('/g', annotate({ team: 'growth' }), ferret.errors());
    };
    expectTypeOf(routes).toBeFunction();
  });
});

describe('P12: what the README imports', () => {
  it('P12: is exported by this package, so that no other has to be installed', () => {
    expect(Object.keys(adapter).sort()).toEqual([
      'FerretError',
      'annotate',
      'createFerret',
      'currentSpan',
      'defaultFerret',
      'ferret',
      'graphqlPlugin',
      'spanOf',
    ]);
    expectTypeOf(createFerret).parameter(0).toEqualTypeOf<FerretOptions | undefined>();
    expectTypeOf(defaultFerret).returns.toEqualTypeOf<Ferret>();
    expectTypeOf(currentSpan).returns.toEqualTypeOf<Span | undefined>();
    expectTypeOf(spanOf).returns.toEqualTypeOf<Span | undefined>();
    expectTypeOf({ team: 'growth', items: 3 }).toExtend<Attributes>();
  });
});
