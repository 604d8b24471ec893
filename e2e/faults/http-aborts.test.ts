import { EventEmitter, once } from 'node:events';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Ferret } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';
import express5 from 'express';
import express4 from 'express-4';
import { describe, expect, it } from 'vitest';
import { request } from '../contract/exchange.js';
import { figure } from './figures.js';
import { type Pair, servePair } from './pair.js';
import { LONG_MILLIS, scaled } from './scale.js';

const CONNECTIONS = 50;

/** Where a client goes away. */
const PLACES = [
  { place: 'before the head', text: request('GET', '/hang') },
  {
    place: 'in the middle of the upload',
    text: request('POST', '/upload', { body: '{"a":1}', headers: { 'Content-Length': '1000' } }),
  },
  { place: 'in the middle of the stream', text: request('GET', '/stream'), until: 'data' },
];

describe.each([
  ['Express 5.3', express5],
  ['Express 4.22', express4],
])('%s', (version, express) => {
  /** Hears of each request by its number, once it is in the application. */
  const arrivals = new EventEmitter().setMaxListeners(0);
  const gone = new EventEmitter().setMaxListeners(0);

  function build(instance: Ferret | undefined) {
    const app = express();
    if (instance !== undefined) app.use(ferret(instance));
    app.use((request, response, next) => {
      const number = String(request.headers['x-number']);
      response.once('close', () => gone.emit(number));
      arrivals.emit(number);
      next();
    });
    app.use(express.json());
    app.get('/hang', () => {});
    app.post('/upload', (request, response) => void response.json(request.body));
    app.get('/stream', async (_request, response) => {
      await pipeline(Readable.from(endless()), response).catch(() => {});
    });
    if (instance !== undefined) app.use(ferret.errors());
    app.use(((_error, _request, response, _next) => void response.status(500).end()) as express5.ErrorRequestHandler);
    return app;
  }

  /** Sends a request, and goes away where it is told to. */
  async function abort({ traced }: Pair, number: number, { text, until }: (typeof PLACES)[number]): Promise<void> {
    const arrived = once(arrivals, String(number));
    const left = once(gone, String(number));
    const { port } = traced.address() as { port: number };
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(text.replace('\r\n', `\r\nX-Number: ${number}\r\n`));
    await arrived;
    if (until !== undefined) await once(socket, until);
    socket.destroy();
    await left;
  }

  it(`31. ${scaled(10_000)} aborted requests are a row each, aborted, and leave no listener`, {
    timeout: LONG_MILLIS,
  }, async ({ task }) => {
    const pair = await servePair(build, { maxQueueSize: 100_000 });
    const before = listeners(pair);
    const count = scaled(10_000);
    let next = 0;
    const worker = async () => {
      for (let number = next++; number < count; number = next++) {
        await abort(pair, number, PLACES[number % PLACES.length]!);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, worker));

    const rows = await pair.rows(count);
    const kinds = new Set(
      rows.map(({ name, outcome, http_status_code }) => `${name}, ${outcome}, ${http_status_code}`),
    );
    expect([...kinds].sort()).toEqual([
      'GET /hang, aborted, null',
      'GET /stream, aborted, 200',
      // Nothing was sent, whatever the error handler answered to the body parser's "request aborted".
      'POST, aborted, null',
    ]);
    expect(listeners(pair)).toEqual(before);
    figure(task, `${version}: ${count} aborted, ${rows.length} rows, no listener left`);
  });
});

function* endless() {
  for (;;) yield 'x'.repeat(1000);
}

/** The number of listeners of the process and of the server, by event; nothing of a request may be left. */
function listeners({ traced }: Pair): Record<string, number> {
  const emitters = [process, traced] as const;
  return Object.fromEntries(
    emitters.flatMap((emitter) =>
      emitter
        .eventNames()
        .map((event) => [`${emitter.constructor.name} ${String(event)}`, emitter.listenerCount(event)]),
    ),
  );
}
