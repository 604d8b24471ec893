import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pipeline, Readable } from 'node:stream';
import { currentSpan } from '@ferretjs/core';
import { annotate, ferret } from '@ferretjs/express';
import compression from 'compression';
import type express5 from 'express';
import type { WebSocket } from 'ws';
import {
  endlessStream,
  endlessWebStream,
  HEADERS,
  LARGE_TEXT,
  largeFile,
  measureWith,
  type Stack,
  slowly,
} from '../stack.js';

const require = createRequire(import.meta.url);
const expressWs: (app: object, server: object) => void = require('express-ws');
const serverlessExpress: ServerlessExpress = require('@codegenie/serverless-express');

type ServerlessExpress = (options: {
  readonly app: unknown;
}) => (event: object, context: object) => Promise<{ readonly statusCode: number; readonly body: string }>;

/** An application as an AWS Lambda function behind a gateway. */
export function lambda(app: unknown): (path: string) => Promise<string> {
  const handler = serverlessExpress({ app });
  return async (path) => {
    const multiValueHeaders = Object.fromEntries(Object.entries(HEADERS).map(([name, value]) => [name, [value]]));
    const event = { httpMethod: 'GET', path, headers: HEADERS, multiValueHeaders, requestContext: {}, body: null };
    const { statusCode, body } = await handler(event, {});
    return `${statusCode} ${body}`;
  };
}

interface SocketApplication {
  ws(path: string, handler: (socket: WebSocket) => void): void;
}

export function expressStack(name: string, express: typeof express5): Stack {
  return {
    name,
    namesHandlers: false,
    mount: { own: '/files', below: '/files/*' },
    invokedBy: { 'url.scheme': 'https', 'server.port': 443 },
    async build(instance) {
      const measure = measureWith(instance);
      const app = express();
      if (instance !== undefined) app.use(ferret(instance));
      app.use(express.json());

      app.get('/plain', (_request, response) => void response.send('plain'));
      const users = express.Router({ mergeParams: true });
      users.get('/:id', (request, response) => void response.json(request.params));
      users.get('/:id/boom', () => {
        throw new TypeError('nested');
      });
      const api = express.Router();
      api.use('/t/:tenant/users', users);
      app.use('/api', api);
      app.get('/slow', (_request, response) => void setTimeout(() => response.send('slow'), 30));
      app.get('/stream', (_request, response) => void Readable.from(slowly('one', 'two')).pipe(response));
      app.get('/events', (_request, response) => {
        response.type('text/event-stream');
        Readable.from(slowly('data: 1\n\n', 'data: 2\n\n')).pipe(response);
      });

      app.get('/throws', () => {
        throw new TypeError('early');
      });
      // Express 4 leaves rejections to the application.
      app.get('/rejects', (_request, _response, next) => void Promise.reject(new RangeError('async')).catch(next));
      app.get('/late', (_request, response, next) => {
        response.write('half');
        setTimeout(() => next(new SyntaxError('late')), 30);
      });
      app.get('/hang', () => {});
      app.get('/half', (_request, response) => void response.write('half'));

      app.get('/empty', (_request, response) => void response.status(204).end());
      app.get('/unchanged', (_request, response) => void response.status(304).end());
      app.get('/missing/:id', (_request, response) => void response.status(404).send('no such thing'));
      app.post('/upload', async (request, response) => {
        await measure('INSERT', () => Promise.resolve());
        currentSpan()?.annotate({ seen: true });
        response.json(request.body);
      });
      app.get('/child', async (_request, response) => {
        await measure('outer', async () => measure('inner', () => Promise.resolve()));
        response.send('child');
      });
      const annotations =
        instance === undefined
          ? []
          : [annotate({ team: 'growth', tier: 1 }), annotate((request) => ({ 'cart.id': request.params.id, tier: 2 }))];
      app.get('/carts/:id', ...annotations, (_request, response) => void response.send('cart'));

      app.get('/large/text', (_request, response) => void response.send(LARGE_TEXT));
      app.get('/large/file', (_request, response) => void response.sendFile(largeFile()));
      app.get('/large/web', (_request, response, next) => {
        pipeline(Readable.fromWeb(endlessWebStream() as never), response, (error) => error && next(error));
      });
      app.get('/large/iterator', (_request, response, next) => {
        pipeline(endlessStream(), response, (error) => error && next(error));
      });
      app.get('/large/compressed', compression(), (_request, response, next) => {
        response.type('text/plain');
        pipeline(endlessStream(), response, (error) => error && next(error));
      });
      app.use('/files', (request, response, next) => {
        if (request.path === '/nothing') next();
        else response.send(`${request.baseUrl} ${request.url}`);
      });

      if (instance !== undefined) app.use(ferret.errors());
      return { server: createServer(app), invoke: lambda(app), close: async () => {} };
    },

    socket: { route: '/rooms/:room/.websocket', path: '/rooms/7/.websocket' },
    async buildSockets(instance) {
      const app = express();
      const server = createServer(app);
      expressWs(app, server);
      if (instance !== undefined) app.use(ferret(instance));
      (app as unknown as SocketApplication).ws('/rooms/:room', (socket) => {
        socket.on('message', (word) => socket.send(String(word)));
      });
      return { server, close: async () => {} };
    },
  };
}
