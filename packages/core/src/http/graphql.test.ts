import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anything, array, assert, asyncProperty, oneof, record, string } from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FerretInstance } from '../ferret/ferret-instance.js';
import { MemorySink } from '../sink/memory-sink.js';
import { withSpan } from '../trace/context.js';
import { graphqlSpanOf } from './graphql.js';
import { graphqlPlugin } from './graphql-plugin.js';
import type { ServerSpan } from './server-span.js';

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(cleanUp.splice(0).map((close) => close())));

const plugin = graphqlPlugin();

type Handler = (request: IncomingMessage, response: ServerResponse, ferret: FerretInstance) => unknown;

/** Sends a request to a server whose handler calls the plugins as a GraphQL server does; returns the request's span. */
async function recorded(handler: Handler, path = '/graphql') {
  const sink = new MemorySink();
  const ferret = new FerretInstance({ sink });
  const server = createServer((request, response) =>
    ferret.http.trace(
      request,
      response,
      () => '/graphql',
      async () => {
        await handler(request, response, ferret);
        response.end('{}');
      },
    ),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(async () => {
    server.close();
    await ferret.close();
  });
  await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  return vi.waitFor(async () => {
    await ferret.flush();
    const span = sink.spans.find(({ kind }) => kind === 'server');
    if (span === undefined) throw new Error('no span yet');
    return span;
  });
}

const operation = { kind: 'OperationDefinition', operation: 'query', name: { value: 'Users' } };

/** The calls that Apollo Server makes for one operation. */
async function apollo(
  contextValue: unknown,
  { errors, data, isHttp = true }: { errors?: unknown[]; data?: unknown; isHttp?: boolean } = {},
) {
  const body = { kind: 'single', singleResult: { data } };
  const context = { request: isHttp ? { http: {} } : {}, contextValue, operation, errors, response: { body } };
  const listener = await plugin.requestDidStart(context);
  await listener?.didResolveOperation(context);
  await listener?.willSendResponse(context);
}

/** Wraps an error of a resolver as graphql-js does. */
const thrown = (originalError: unknown, extensions?: object) =>
  Object.assign(new Error('wrapped'), { path: ['users'], locations: [{ line: 1 }], originalError, extensions });

class DatabaseDown extends Error {}

describe('the request of a GraphQL operation', () => {
  it.each<[string, (request: IncomingMessage) => unknown]>([
    ['req', (req) => ({ req })],
    ["Fastify's request", (raw) => ({ req: { raw } })],
    ["Mercurius's reply", (raw) => ({ reply: { request: { raw } } })],
    ["Koa's context", (req) => ({ ctx: { req } })],
    ['nothing but the async context', () => ({})],
    ['no context at all', () => undefined],
  ])('is found by %s', async (_, contextOf) => {
    const span = await recorded((request) => apollo(contextOf(request)));
    expect(span.attributes).toMatchObject({ 'graphql.operation.name': 'Users', 'graphql.operation.type': 'query' });
  });

  it('is found below other spans, if only the async context leads to it', async () => {
    const span = await recorded((_request, _response, ferret) =>
      ferret.measure('outer', () => ferret.measure('inner', () => apollo({}))),
    );
    expect(span.attributes).toMatchObject({ 'graphql.operation.name': 'Users' });
  });

  it('is not found if it opened a WebSocket', async () => {
    const span = await recorded((req) => {
      req.headers.upgrade = 'websocket';
      return apollo({ req });
    });
    expect(span.attributes).not.toHaveProperty(['graphql.operation.type']);
  });

  it('may be missing', async () => {
    const ferret = new FerretInstance({ sink: new MemorySink() });
    cleanUp.push(() => ferret.close());
    await apollo({ req: {} }, { errors: [new Error('no')] });
    await withSpan(ferret.start('job'), () => apollo({}, { errors: [new Error('no')] }));
  });
});

describe('an operation', () => {
  it("run by a resolver is not taken for the client's operation, nor is its failure", async () => {
    const span = await recorded(async () => {
      await apollo({}, { data: {} });
      await apollo({}, { isHttp: false, errors: [thrown(new DatabaseDown('no'))] });
    });
    expect(span).toMatchObject({ outcome: 'ok' });
    expect(span.attributes).not.toHaveProperty(['exception.type']);
  });

  it('that is no query, mutation or subscription is left out', async () => {
    const document = { definitions: [{ kind: 'OperationDefinition', operation: 'drop table', name: { value: 'x' } }] };
    const span = await recorded(() => plugin.onExecute({ args: { document } }));
    expect(span.attributes).not.toHaveProperty(['graphql.operation.type']);
    expect(span.attributes).not.toHaveProperty(['graphql.operation.name']);
  });

  it('seen by several plugins is described once; others make a batch', async () => {
    const once = await recorded(() => Promise.all([apollo({}), apollo({})]));
    expect(once.attributes).not.toHaveProperty(['ferret.graphql_batch']);
    const document = { definitions: [{ ...operation, name: { value: 'Other' } }] };
    const twice = await recorded(async () => {
      await apollo({});
      plugin.onExecute({ args: { document } });
    });
    expect(twice.attributes).toMatchObject({ 'graphql.operation.name': 'Users', 'ferret.graphql_batch': true });
  });

  it('by GET leaves neither its document nor its variables in the URL', async () => {
    const span = await recorded(() => apollo({}), '/graphql?a=1&query=%7Bsecret%7D&variables=%7B%7D&extensions=1&b=2');
    expect(span.attributes['url.query']).toBe('a=1&query=REDACTED&variables=REDACTED&extensions=REDACTED&b=2');
  });
});

describe('the errors of a result', () => {
  const down = new DatabaseDown('down');

  it.each<[title: string, errors: unknown[], data: unknown, expected: object]>([
    ['no data', [thrown(down)], null, { outcome: 'error', errorType: 'DatabaseDown' }],
    ['no data, left out', [thrown(down)], undefined, { outcome: 'error', errorType: 'DatabaseDown' }],
    ['data in part', [thrown(down)], { a: null }, { outcome: 'ok', errorType: undefined }],
    ['wrapped several times', [thrown(thrown(thrown(down)))], null, { errorType: 'DatabaseDown' }],
    ['wrapped in itself', [cyclic()], null, { outcome: 'error' }],
    ['no exception, but its formatted error', [{ message: 'm', path: ['a'] }], null, { errorType: 'GraphQLError' }],
    ['anything else', ['text', 7], null, { outcome: 'error', errorType: 'string' }],
    ['a code of the client', [thrown(down, { code: 'BAD_USER_INPUT' })], null, { outcome: 'ok' }],
    ['a code of the client, in lower case', [thrown(down, { code: 'forbidden' })], null, { outcome: 'ok' }],
    ['a code that is a status', [thrown(down, { code: '404' })], null, { outcome: 'ok' }],
    ['a status of the client', [thrown(down, { http: { status: 403 } })], null, { outcome: 'ok' }],
    ['a status of the server', [thrown(down, { http: { status: 503 } })], null, { outcome: 'error' }],
    ["the exception's own status", [thrown(Object.assign(new Error(), { status: 409 }))], null, { outcome: 'ok' }],
    ['a code of the server', [thrown(down, { code: 'INTERNAL_SERVER_ERROR' })], null, { outcome: 'error' }],
    ['an unknown code', [thrown(down, { code: 'DOWNSTREAM' })], null, { outcome: 'error' }],
    [
      "the client's first, then the server's",
      [thrown(new Error('c'), { code: 'FORBIDDEN' }), thrown(down)],
      null,
      { outcome: 'error', errorType: 'DatabaseDown' },
    ],
  ])('decide the outcome: %s', async (_, errors, data, expected) => {
    const span = await recorded(() => apollo({}, { errors, data }));
    expect(span).toMatchObject(expected);
    expect(span.attributes).toHaveProperty(['exception.type']);
  });

  it.each<[title: string, error: object]>([
    ['syntax', Object.assign(new Error('secret'), { locations: [{ line: 1 }] })],
    ['variables', { ...thrown(new Error('secret')), path: undefined }],
    ['an unknown operation', Object.assign(new Error('secret'), { locations: undefined })],
    ['formatted, without a path', { message: 'secret' }],
  ])('are not kept where they quote the request: %s', async (_, error) => {
    const span = await recorded(() => apollo({}, { errors: [error] }));
    expect(span.outcome).toBe('ok');
    expect(span.attributes).not.toHaveProperty(['exception.type']);
  });

  it('are kept where the context could not be made', async () => {
    const error = new DatabaseDown('no session');
    const byApollo = await recorded(() => plugin.contextCreationDidFail({ error }));
    const byEnvelop = await recorded((req) =>
      plugin.onPluginInit({ registerContextErrorHandler: (handler) => handler({ error, context: { req } }) }),
    );
    for (const span of [byApollo, byEnvelop]) {
      expect(span).toMatchObject({ outcome: 'error', attributes: { 'exception.message': 'no session' } });
    }
  });

  it('are recorded for parts that come later, which do not fail the request', async () => {
    const errors = [thrown(down)];
    const byApollo = await recorded(async () => {
      const context = { request: { http: {} }, contextValue: {}, response: {} };
      await (await plugin.requestDidStart(context))?.didEncounterSubsequentErrors(context, errors);
    });
    const byEnvelop = await recorded(() => {
      const result = (async function* () {})();
      const listener = plugin.onExecute({ args: {} }).onExecuteDone({ args: {}, result });
      listener?.onNext({ args: {}, result: { incremental: [{ errors, data: null }] } });
    });
    for (const span of [byApollo, byEnvelop]) {
      expect(span).toMatchObject({ outcome: 'ok', attributes: { 'exception.type': 'DatabaseDown' } });
    }
  });

  it('have no effect on the outcome of a 4xx response', async () => {
    const span = await recorded(async (_request, response) => {
      await apollo({}, { errors: [thrown(down)] });
      response.statusCode = 422;
    });
    expect(span).toMatchObject({ outcome: 'ok', httpStatusCode: 422, attributes: { 'exception.message': 'down' } });
  });

  it('still record the exception if the status is 5xx', async () => {
    const span = await recorded(async (_request, response) => {
      await apollo({}, { errors: [thrown(down)] });
      response.statusCode = 503;
    });
    expect(span).toMatchObject({ outcome: 'error', errorType: '503', attributes: { 'exception.message': 'down' } });
  });

  it('are not retained once the span has ended', async () => {
    let late: ServerSpan | undefined;
    await recorded((request) => {
      late = graphqlSpanOf({ req: request });
      late?.end();
      return apollo({ req: request }, { errors: [thrown(down)] });
    });
    expect(late).toMatchObject({ isRecording: false, reported: undefined });
  });

  it('never throw, whatever the errors and the context are', async () => {
    const hostile = new Proxy({}, { get: () => raise(), has: () => raise(), getOwnPropertyDescriptor: () => raise() });
    const values = oneof(anything(), record({ message: string(), path: anything(), extensions: anything() }));
    const property = asyncProperty(array(values), anything(), anything(), async (errors, data, context) => {
      for (const value of [context, hostile, { req: hostile }, { reply: { request: hostile } }]) {
        await apollo(value, { errors: [...errors, hostile], data });
        const args = { contextValue: value, document: data, operationName: errors[0] };
        plugin.onParse({ context: value });
        plugin.onSubscribe({ args }).onSubscribeResult({ args, result: data });
        plugin.onExecute({ args }).onExecuteDone({ args, result: { errors: hostile } });
      }
    });
    const span = await recorded(() => assert(property, { numRuns: 200 }));
    expect(span.attributes).toMatchObject({ 'graphql.operation.name': 'Users' });
  });
});

describe('the plugin for Mercurius', () => {
  it('does nothing without Mercurius', async () => {
    await plugin.plugin({});
  });
});

function raise(): never {
  throw new Error('hostile');
}

function cyclic(): Error {
  const error: Error & { originalError?: unknown; path: string[] } = Object.assign(new Error('c'), { path: ['a'] });
  error.originalError = error;
  return error;
}
