import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { SpanSink } from '../sink/sink.js';
import type { Span } from '../trace/span.js';
import { FerretInstance } from './ferret-instance.js';
import type { FerretOptions } from './options.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Pieces that are kept, each of a text of a megabyte; and what they may take with all that is made of them. */
const PIECES = 8;
const BOUND_MEGABYTES = 3;

let serial = 0;

/** A piece of a text of a megabyte, as a parser would cut it out. Node keeps larger texts outside of the heap. */
function piece(length = 60): string {
  const whole = `${String(serial++).padStart(8, 'p')}${'x'.repeat(length)}`.padEnd(1_000_000, 'y');
  return Buffer.from(whole).toString().slice(0, length);
}

/** A joined text with a piece in it, which is as good as the piece. */
const joined = () => `joined-${piece()}`;
const matched = () => /^p+\d+x+/.exec(`${piece(200)}`)![0].slice(0, 80);
const hex = (length: number) => Buffer.from(piece()).toString('hex').slice(-length);

class Named extends Error {
  constructor(name: string) {
    super('failed');
    this.name = name;
  }
}

function request(ferret: FerretInstance, change: (request: Record<string, unknown>) => void, route?: string): Span {
  const made: Record<string, unknown> = { method: 'GET', url: '/', headers: { host: 'a.example' }, httpVersion: '1.1' };
  change(made);
  const response = Object.assign(new EventEmitter(), { statusCode: 200, headersSent: true });
  let span: Span | undefined;
  ferret.http.trace(
    made as unknown as IncomingMessage,
    response as unknown as ServerResponse,
    () => route,
    () => {
      span = ferret.start('below');
      span.end();
    },
  );
  response.emit('close');
  return span!;
}

const header = (name: string, value: () => string) => (ferret: FerretInstance) =>
  request(ferret, (made) => Object.assign(made['headers'] as object, { [name]: value() }));

type WayIn = (ferret: FerretInstance) => Span | undefined;

const WAYS_IN: Readonly<Record<string, WayIn>> = {
  'an attribute': (ferret) => ferret.start('s', { attributes: { text: piece() } }),
  'an attribute of 30 characters': (ferret) => ferret.start('s', { attributes: { text: piece(30) } }),
  'a joined attribute': (ferret) => ferret.start('s').annotate({ text: joined() }),
  'a match of a pattern': (ferret) => ferret.start('s').annotate({ text: matched() }),
  'a part of a list': (ferret) => ferret.start('s').annotate({ list: [piece(), ...piece(80).split('p', 3)] }),
  'a member of an object': (ferret) => ferret.start('s').annotate({ object: { deep: [piece()] } }),
  'the name of an attribute': (ferret) => ferret.start('s').annotate({ [piece()]: 1 }),
  'the name of a span': (ferret) => ferret.start(piece()),
  'the new name of a span': (ferret) => ferret.start('s').rename(piece()),
  'the name of a measured function': (ferret) =>
    ferret.wrap(
      () => piece(),
      () => undefined,
    )(),
  'the message of an error': (ferret) => ferret.start('s').recordError(new Error(piece())),
  'the class of an error': (ferret) => ferret.start('s').recordError(new Named(piece())),
  'what is thrown': (ferret) => ferret.start('s').recordError(piece()),
  'a long text that is cut': (ferret) => ferret.start('s').annotate({ text: piece(5_000) }),
  'the URL': (ferret) => request(ferret, (made) => Object.assign(made, { url: `/${piece()}?a=${piece()}` })),
  'the whole URL as a piece': (ferret) => request(ferret, (made) => Object.assign(made, { url: piece() })),
  'the route': (ferret) => request(ferret, () => {}, piece()),
  'the method': (ferret) => request(ferret, (made) => Object.assign(made, { method: piece() })),
  'the HTTP version': (ferret) => request(ferret, (made) => Object.assign(made, { httpVersion: piece() })),
  'the user agent': header('user-agent', piece),
  'the host': header('host', () => `${piece(40)}`),
  'a header that is kept': header('x-kept', piece),
  tracestate: (ferret) =>
    request(ferret, (made) => {
      const headers = { traceparent: `00-${hex(32)}-${hex(16)}-01`, tracestate: `a=${piece()}` };
      Object.assign(made['headers'] as object, headers);
    }),
  traceparent: header('traceparent', () => `00-${hex(32)}-${hex(16)}-01`.concat(piece(0))),
};

/** Objects that are alive. V8 remembers the text that a pattern was used on last, so another one is used first. */
function heapMegabytes(): number {
  /(?:)/.exec('');
  collectGarbage();
  return process.memoryUsage().heapUsed / 1024 / 1024;
}

function build(options: FerretOptions = {}): FerretInstance {
  const hangs: SpanSink = { write: () => new Promise(() => {}), close: async () => {} };
  return new FerretInstance({ sink: hangs, shutdownHooks: false, headers: { request: ['x-kept'] }, ...options });
}

describe('K5: a piece of a text of a megabyte does not keep the megabyte alive', () => {
  it('but would, if it were kept as it is', () => {
    const before = heapMegabytes();
    const pieces = Array.from({ length: PIECES }, () => piece());
    expect(heapMegabytes() - before).toBeGreaterThan(BOUND_MEGABYTES);
    expect(pieces).toHaveLength(PIECES);
  });

  it.each(Object.entries(WAYS_IN))(
    'that came as %s: of a span that is open, held, or in the queue',
    (_title, wayIn) => {
      const ferret = build({ batchSize: 8 });
      const handles: (Span | undefined)[] = [];
      const before = heapMegabytes();
      for (let i = 0; i < PIECES; i++) handles.push(wayIn(ferret));
      // Ended spans are judged now: until then, or for 10 ms, a request keeps the texts that came with it.
      ferret.stats();
      expect(heapMegabytes() - before).toBeLessThan(BOUND_MEGABYTES);
      for (const span of handles) span?.end();
      void ferret.flush();
      expect(heapMegabytes() - before).toBeLessThan(BOUND_MEGABYTES);
      expect(ferret.stats().started).toBeGreaterThanOrEqual(PIECES);
    },
  );
});
