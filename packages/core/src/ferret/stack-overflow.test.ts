import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { annotateRequest, exceptionThrown, ignoreRequest } from '../http/http-tracer.js';
import { MemorySink } from '../sink/memory-sink.js';
import { currentSpan } from '../trace/context.js';
import { FerretInstance } from './ferret-instance.js';
import type { FerretOptions } from './options.js';

const open: FerretInstance[] = [];
afterEach(() => Promise.all(open.splice(0).map((ferret) => ferret.close())));

function build(options: FerretOptions = {}) {
  const sink = new MemorySink();
  const ferret = new FerretInstance({ sink, shutdownHooks: false, onDiagnostic: () => {}, ...options });
  open.push(ferret);
  return { ferret, sink };
}

/**
 * Frames from the end of the stack at which each call is made. Code that runs for the first time is compiled, which
 * takes 100 KB.
 */
const LEVELS = [...new Array(120).keys(), ...Array.from({ length: 40 }, (_, step) => 120 + step * 30)];

/**
 * Makes a call with room for so many more frames of this function, where a recursion has just met the end of the stack.
 */
function withRoomFor(levels: number, call: () => void): void {
  const descend = (): number => {
    let left = 0;
    try {
      left = descend() + 1;
    } catch {
      // The end of the stack.
    }
    if (left === levels) {
      try {
        call();
      } catch (error) {
        if (!(error instanceof RangeError) && !(error instanceof Expected)) throw error;
      }
    }
    return left;
  };
  descend();
}

class Expected extends Error {}

const REJECTED = Promise.reject(new Expected());
REJECTED.catch(() => {});

const LEDGER_KEYS = ['stored', 'sampledOut', 'spilled', 'pending'] as const;

function sumOf(ferret: FerretInstance): number {
  const ledger = ferret.stats();
  const { queueFull, writeFailed, closed, tooLarge } = ledger.dropped;
  return LEDGER_KEYS.reduce((sum, key) => sum + ledger[key], queueFull + writeFailed + closed + tooLarge);
}

/** A request and its response without a connection, as serverless adapters make them. */
function requestAndResponse(): { request: IncomingMessage; response: ServerResponse & PassThrough } {
  const response = Object.assign(new PassThrough(), { statusCode: 200, headersSent: true });
  const headers = {
    host: 'example.org',
    'user-agent': 'test',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  };
  const request = Object.assign(new PassThrough(), { method: 'GET', url: '/a?b=c', headers, httpVersion: '1.1' });
  return { request: request as unknown as IncomingMessage, response: response as unknown as never };
}

const CALLS: Readonly<Record<string, (ferret: FerretInstance) => (() => void) | undefined>> = {
  measure: (ferret) => void ferret.measure('m', { a: 1 }, () => 1),
  'measure, of a function that throws': (ferret) =>
    ferret.measure('m', () => {
      throw new Expected('no');
    }),
  'measure, of a promise': (ferret) => void ferret.measure('m', () => Promise.resolve(1)),
  'measure, of a promise that is rejected': (ferret) => {
    const measured = ferret.measure('m', () => REJECTED);
    return () => void measured.catch(() => {});
  },
  'measure, of measure': (ferret) =>
    ferret.measure('a', () => void ferret.measure('b', () => ferret.measure('c', () => {}))),
  'measure, of what is awaited at once': (ferret) => {
    const query = { then: (resolve: (value: number) => void) => resolve(1) };
    ferret.measure('m', () => query).then(() => {});
    return undefined;
  },
  wrap: (ferret) => {
    ferret.wrap(
      () => 'w',
      () => {},
    )();
    return undefined;
  },
  'start and end': (ferret) => {
    const span = ferret.start('s', { attributes: { a: 'b' } });
    return () => span.end();
  },
  stats: (ferret) => void ferret.stats(),
  metrics: (ferret) => void ferret.metrics(),
  flush: (ferret) => void ferret.flush(),
  currentSpan: () => void currentSpan()?.annotate({ a: 1 }),
};

/** Methods that are called on an open span; it is ended with all the stack there is. */
const CALLS_OF_SPAN: Readonly<Record<string, (ferret: FerretInstance, request: IncomingMessage) => void>> = {
  annotate: (_ferret, request) => annotateRequest(request, { a: 'some text that is not short', b: [1, 2] }, undefined),
  recordError: (_ferret, request) => exceptionThrown(request, new Expected('no')),
  ignoreRequest: (_ferret, request) => ignoreRequest(request),
  'a span below it': (ferret) => ferret.measure('below', () => {}),
};

describe.each([
  ['with everything kept', { maxSpansPerSecond: Number.POSITIVE_INFINITY }],
  ['with the default budget', {}],
])('K1, K2: a stack that overflows anywhere, %s', (_title, options) => {
  it.each(Object.entries(CALLS))('in %s: no span stays open, and recording goes on', async (_call, call) => {
    const { ferret } = build({ ...options, batchSize: 8, maxQueueSize: 100_000 });
    for (const levels of LEVELS) {
      let after: (() => void) | undefined;
      withRoomFor(levels, () => {
        after = call(ferret);
      });
      after?.();
    }
    await setImmediate(); // Promises settle.
    await ferret.flush();
    expect(ferret.stats().pending).toBe(0);
    const { started } = ferret.stats();
    for (let i = 0; i < 2_000; i++) ferret.measure('later', () => {});
    await ferret.flush();
    expect(ferret.stats()).toMatchObject({
      started: started + 2_000,
      pending: 0,
      dropped: { queueFull: 0, writeFailed: 0 },
    });
    expect(sumOf(ferret)).toBe(started + 2_000);
  });

  it.each(Object.entries(CALLS_OF_SPAN))('in %s of a request', async (_call, call) => {
    const { ferret } = build(options);
    for (const levels of LEVELS) {
      const { request, response } = requestAndResponse();
      ferret.http.trace(
        request,
        response,
        () => '/a',
        () => withRoomFor(levels, () => call(ferret, request)),
      );
      response.emit('close');
    }
    await ferret.flush();
    expect(ferret.stats().pending).toBe(0);
    expect(sumOf(ferret)).toBe(ferret.stats().started);
  });

  it('in the start of a request', async () => {
    const { ferret } = build(options);
    let answered = 0;
    for (const levels of LEVELS) {
      const { request, response } = requestAndResponse();
      withRoomFor(levels, () =>
        ferret.http.trace(
          request,
          response,
          () => '/a',
          () => answered++,
        ),
      );
      response.emit('close');
    }
    await ferret.flush();
    expect(answered).toBeGreaterThan(0);
    expect(ferret.stats().pending).toBe(0);
    expect(sumOf(ferret)).toBe(ferret.stats().started);
  });
});

describe('K1: a recursion without end, measured', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])('from a stack that is %i frames deeper', async (depth) => {
    const { ferret, sink } = build({ maxSpansPerSecond: Number.POSITIVE_INFINITY, flushIntervalMillis: 20 });
    const recurse = (): unknown => ferret.measure('r', recurse);
    const pad = (n: number): void => {
      if (n > 0) pad(n - 1);
      else recurse();
    };
    expect(() => pad(depth)).toThrow(RangeError);
    await ferret.flush();
    expect(ferret.stats()).toMatchObject({ pending: 0, stored: sink.spans.length });
    const { stored } = ferret.stats();
    for (let i = 0; i < 20_000; i++) ferret.measure('later', () => {});
    const { complete, unwritten } = await ferret.close();
    expect({ complete, unwritten, stored: ferret.stats().stored }).toEqual({
      complete: true,
      unwritten: 0,
      stored: stored + 20_000,
    });
  });

  it('K2: asynchronous, rejected and caught, leaves no span open', async () => {
    const { ferret, sink } = build({ maxSpansPerSecond: Number.POSITIVE_INFINITY });
    const recurse = (): Promise<unknown> => ferret.measure('r', async () => await recurse());
    // Where the stack ends, V8 loses the rejection of a function that it compiles there, or what it was rejected with.
    await recurse().catch(() => {});
    await ferret.flush();
    expect(ferret.stats()).toMatchObject({ pending: 0, stored: sink.spans.length });
    expect(sink.spans.some(({ outcome }) => outcome === 'error')).toBe(true);
  });
});
