// Servers of every kind, each asked some things by a client without spans of its own; prints what was answered. The
// frameworks are handed in, so that the same code runs for an application of CommonJS and for one of ES modules.
const { readFileSync } = require('node:fs');
const { once } = require('node:events');
const http = require('node:http');
const https = require('node:https');
const http2 = require('node:http2');

exports.drive = async ({ express, express4, Koa, Koa2, Router, fastify }) => {
  const key = process.env.CERTIFICATE && readFileSync(`${process.env.CERTIFICATE}/key.pem`);
  const cert = process.env.CERTIFICATE && readFileSync(`${process.env.CERTIFICATE}/cert.pem`);
  const bare = (_request, response) => {
    response.setHeader('x-kind', 'bare');
    response.end('bare');
  };
  const answers = {};
  const ask = async (name, server, protocol, paths) => {
    if (!server.listening) await once(server.listen(0), 'listening');
    const { port } = server.address();
    for (const path of paths) answers[`${name} ${path}`] = await get(protocol, port, path);
    server.close();
    server.closeAllConnections?.();
  };

  await ask('http', http.createServer(bare), 'http', ['/a?token=canary-query']);
  if (key) await ask('https', https.createServer({ key, cert }, bare), 'https', ['/b']);
  await ask('http2', http2.createServer(bare), 'http2', ['/c']);
  for (const [name, make] of Object.entries({ express, express4 })) {
    await ask(name, http.createServer(expressApplication(make)), 'http', [
      '/users/7',
      '/api/1/items/2',
      '/boom',
      '/no',
    ]);
  }
  for (const [name, make] of Object.entries({ koa: Koa, koa2: Koa2 })) {
    const callback = koaApplication(make, Router).callback();
    await ask(name, http.createServer(callback), 'http', ['/users/7', '/boom', '/no']);
  }
  const application = fastifyApplication(fastify);
  await application.listen({ port: 0, host: '127.0.0.1' });
  await ask('fastify', application.server, 'http', ['/users/7', '/guarded/1', '/boom', '/no']);
  answers['fastify inject'] = await application.inject('/users/8').then(({ statusCode, body }) => [statusCode, body]);
  await application.close();
  console.log(JSON.stringify(answers));
};

function expressApplication(express) {
  const app = express();
  const router = express.Router({ mergeParams: true });
  router.get('/items/:item', (request, response) => response.json(request.params));
  app.get('/users/:id', (request, response) => response.send(request.params.id));
  app.use('/api/:version', router);
  app.get('/boom', () => {
    throw new Error('boom');
  });
  app.use((error, _request, response, _next) => void response.status(500).send(error.message));
  return app;
}

function koaApplication(Koa, Router) {
  const app = new Koa();
  const router = new Router();
  router.get('/users/:id', (context) => {
    context.body = context.params.id;
  });
  router.get('/boom', () => {
    throw new Error('boom');
  });
  app.on('error', () => {});
  app.use(router.routes());
  return app;
}

function fastifyApplication(fastify) {
  const application = fastify();
  application.get('/users/:id', async (request) => request.params.id);
  application.get(
    '/guarded/:id',
    { onRequest: async (_request, reply) => reply.code(401).send('no') },
    async () => 'in',
  );
  application.get('/boom', async () => {
    throw new Error('boom');
  });
  return application;
}

async function get(protocol, port, path) {
  if (protocol === 'http2') return getHttp2(port, path);
  const options = { port, path, host: '127.0.0.1', agent: false, rejectUnauthorized: false };
  const request = (protocol === 'https' ? https : http).request(options).end();
  const [response] = await once(request, 'response');
  const { date: _, ...headers } = response.headers;
  return [response.statusCode, headers, await textOf(response)];
}

async function getHttp2(port, path) {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  const stream = session.request({ ':path': path });
  const [headers] = await once(stream, 'response');
  const text = await textOf(stream);
  session.close();
  return [headers[':status'], headers['x-kind'], text];
}

async function textOf(stream) {
  let text = '';
  for await (const piece of stream.setEncoding('utf8')) text += piece;
  return text;
}
