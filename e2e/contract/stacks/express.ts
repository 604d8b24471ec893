import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { currentSpan } from '@ferretjs/core';
import { annotate, ferret } from '@ferretjs/express';
import type express5 from 'express';
import { measureWith, type Stack, slowly } from '../stack.js';

export function expressStack(name: string, express: typeof express5): Stack {
  return {
    name,
    namesHandlers: false,
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

      if (instance !== undefined) app.use(ferret.errors());
      return { server: createServer(app), close: async () => {} };
    },
  };
}
