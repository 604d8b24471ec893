// Scenarios of Express's views, in the version that the environment names.

import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const name = process.env.PACKAGE ?? 'express';
const express = process.env.FORMAT === 'commonjs' ? createRequire(import.meta.url)(name) : (await import(name)).default;

const CANARY = 'cAnArY-4711';

export async function open() {
  const views = await mkdtemp(join(tmpdir(), 'ferret-views-'));
  for (const view of ['home', 'late', 'broken', 'thrown']) writeFileSync(join(views, `${view}.txt`), view);
  const app = express();
  app.set('views', views).set('view engine', 'txt');
  app.engine('txt', (path, { secret }, callback) => {
    if (path.includes('thrown')) throw new TypeError(`"${secret}" is not defined`);
    if (path.includes('broken')) return callback(new SyntaxError(`"${secret}" at line 3`));
    if (path.includes('late')) return setTimeout(callback, 5, null, `late ${secret}`);
    return callback(null, `home ${secret}`);
  });
  app.get('/plain', (_, response) => response.render('home', { secret: CANARY }));
  app.get('/locals', (_, response) => {
    response.locals.secret = CANARY;
    response.render('late');
  });
  app.get('/callback', (_, response) => {
    response.render('home', { secret: CANARY }, function (error, text) {
      response.json([this?.constructor?.name, error, text]);
    });
  });
  app.get('/second', (_, response) => response.render('home', (error, text) => response.json([error, text])));
  app.get('/broken', (_, response) => response.render('broken', { secret: CANARY }));
  app.get('/thrown', (_, response) => response.render('thrown', { secret: CANARY }));
  app.get('/missing', (_, response) => response.render('missing', { secret: CANARY }));
  app.get('/none', (_, response) => response.render(undefined));
  app.use((error, _request, response, _next) => response.status(500).json([error.constructor.name, error.message]));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));

  const get = async (path) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}/${path}`);
    const text = await response.text();
    return [response.status, text.replaceAll(views, 'views'), response.headers.get('content-type')];
  };
  const scenarios = {
    ...Object.fromEntries(
      ['plain', 'locals', 'callback', 'second', 'broken', 'thrown', 'missing', 'none'].map((path) => [
        path,
        () => get(path),
      ]),
    ),
    application: (note) =>
      new Promise((resolve) => {
        note(
          'returned',
          app.render('home', { secret: CANARY }, (error, text) => resolve([error, text])),
        );
      }),
    shape: (note) => note('render', [app.render.name, app.render.length]),
  };
  return {
    scenarios,
    async close() {
      server.close();
      server.closeAllConnections();
      await rm(views, { recursive: true });
    },
  };
}
