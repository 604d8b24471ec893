// An Express application as users write it. The environment says which version, and how it behaves at signals.

import { createFerret } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';

const { default: express } = await import(process.env.EXPRESS === '4' ? 'express-4' : 'express');

const instance = createFerret(JSON.parse(process.env.OPTIONS ?? '{}'));
const app = express();
app.use(ferret(instance));

const users = express.Router({ mergeParams: true });
users.get('/:id', async (request, response) => {
  await instance.measure('SELECT user', () => Promise.resolve());
  response.json({ id: request.params.id });
});
users.get('/:id/boom', () => {
  throw new Error('boom');
});
app.use('/t/:tenant/users', users);
app.get('/hang', (_request, response) => void response.writeHead(200).write('x'));
app.use(ferret.errors());
app.use((_error, _request, response, _next) => void response.status(500).end('sorry'));

const server = app.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));

if (process.env.SIGNALS === 'graceful') {
  process.once('SIGTERM', () => {
    server.close(async () => {
      await instance.close();
      process.exit(3);
    });
    server.closeIdleConnections();
  });
}
if (process.env.SIGNALS === 'ignored') process.on('SIGTERM', () => process.send({ heard: 'SIGTERM' }));
