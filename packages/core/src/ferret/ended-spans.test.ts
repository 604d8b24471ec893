import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { ignoreRequest } from '../http/http-tracer.js';
import { MemorySink } from '../sink/memory-sink.js';
import { FerretInstance } from './ferret-instance.js';
import type { FerretOptions } from './options.js';

const ferrets: FerretInstance[] = [];
afterEach(() => Promise.all(ferrets.splice(0).map((ferret) => ferret.close())));

function build(options: FerretOptions = {}) {
  const sink = new MemorySink();
  const ferret = new FerretInstance({ sink, ...options });
  ferrets.push(ferret);
  ferret.http.holdTraces();
  const serve = (handler: (request: IncomingMessage) => void) => {
    const request = { headers: {}, method: 'GET', url: '/' } as unknown as IncomingMessage;
    const response = Object.assign(new EventEmitter(), { statusCode: 200, writableEnded: true });
    ferret.http.trace(
      request,
      response as unknown as ServerResponse,
      () => '/',
      () => handler(request),
    );
    return () => void response.emit('close');
  };
  return { ferret, sink, serve };
}

describe.each([
  ['everything is kept', { maxSpansPerSecond: Number.POSITIVE_INFINITY }],
  ['the budget decides', {}],
])('A26: a request that is taken out of the record late, while %s,', (_what, options) => {
  it('takes with it what has ended below it', async () => {
    const { ferret, sink, serve } = build(options);
    const end = serve((request) => {
      ferret.measure('look', () => ferret.measure('deeper', () => {}));
      const open = ferret.start('still open');
      ignoreRequest(request);
      ferret.measure('after', () => {});
      open.end();
    });
    end();
    await ferret.flush();
    expect(sink.spans).toEqual([]);
    expect(ferret.stats()).toMatchObject({ started: 0, stored: 0, sampledOut: 0, pending: 0 });
    expect(ferret.metrics()).not.toContain('http_route="/"');
  });

  it('leaves others alone', async () => {
    const { ferret, sink, serve } = build(options);
    const endQuiet = serve((request) => {
      ferret.measure('quiet', () => {});
      ignoreRequest(request);
    });
    const end = serve(() => ferret.measure('look', () => {}));
    endQuiet();
    end();
    ferret.measure('a job', () => ferret.measure('a step', () => {}));
    await ferret.flush();
    expect(sink.spans.map(({ name }) => name)).toEqual(['look', 'GET /', 'a step', 'a job']);
    expect(ferret.stats()).toMatchObject({ started: 4, stored: 4, pending: 0 });
  });

  it('is held within bounds, and nothing is lost beyond', async () => {
    const { ferret, sink, serve } = build({ ...options, maxSpansPerSecond: Number.POSITIVE_INFINITY });
    const end = serve(() => {
      for (let n = 0; n < 2_000; n++) ferret.measure('look', () => {});
    });
    await ferret.flush();
    expect(sink.spans).toHaveLength(2_000);
    end();
    await ferret.flush();
    expect(ferret.stats()).toMatchObject({ started: 2_001, stored: 2_001, pending: 0 });
  });

  it('is over with close()', async () => {
    const { ferret, sink, serve } = build(options);
    serve(() => ferret.measure('look', () => {}));
    await ferret.close();
    expect(sink.spans.map(({ name }) => name)).toEqual(['look', 'GET']);
    expect(ferret.stats()).toMatchObject({ started: 2, stored: 2, pending: 0 });
  });
});
