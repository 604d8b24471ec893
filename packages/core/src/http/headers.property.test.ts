import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { Diagnostic } from '../diagnostics.js';
import { FerretInstance } from '../ferret/ferret-instance.js';
import { fuzz } from '../fuzz.fixture.js';
import { MemorySink } from '../sink/memory-sink.js';
import type { RecordingSpan } from '../trace/recording-span.js';
import { spanOf } from './http-tracer.js';

const CANARY = 'C4N4RY';
const KEPT = ['x-tenant', 'authorization', 'cookie', 'x-api-key', 'referer'];

const diagnostics: Diagnostic[] = [];
const ferret = new FerretInstance({
  sink: new MemorySink(),
  // The sampler and the pipeline do not matter here: spans are inspected as they end.
  maxQueueSize: 100,
  headers: { request: KEPT, response: ['x-answer'] },
  clientAddress: true,
  onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
});
afterAll(async () => {
  await ferret.close();
  expect(diagnostics.filter(({ code }) => code !== 'QUEUE_FULL')).toEqual([]);
});

type Headers = Record<string, string | string[] | undefined>;

/** Traces a request like those of Node. Returns the recorded span and the headers that would be sent on. */
function trace(headers: Headers, method: string, url: string) {
  const response = Object.assign(new EventEmitter(), {
    closed: false,
    headersSent: true,
    statusCode: 200,
    writableEnded: false,
    writableFinished: false,
    getHeader: () => headers['x-tenant'],
    socket: null,
  }) as unknown as ServerResponse;
  const request = {
    headers,
    method,
    url,
    httpVersion: '1.1',
    socket: { localAddress: '127.0.0.1', localPort: 80, remoteAddress: '127.0.0.1' },
  } as unknown as IncomingMessage;
  Object.assign(response, { req: request });
  const span = ferret.http.trace(
    request,
    response,
    () => undefined,
    () => spanOf(request) as RecordingSpan,
  );
  const { data, traceparent, tracestate } = span;
  Object.assign(response, { writableEnded: true, writableFinished: true }).emit('close');
  expect(span.isRecording).toBe(false);
  const recorded = JSON.stringify([data?.name, data?.values, data?.sharedAttributes]);
  return { recorded, traceparent, tracestate };
}

it('any headers give a span that is bounded and well-formed, and headers that can be sent on', () => {
  const names = ['host', 'user-agent', 'traceparent', 'tracestate', ...KEPT];
  const text = fc.string({ unit: 'binary', maxLength: 2000 });
  const value = fc.oneof(text, fc.array(text, { maxLength: 3 }), fc.constant(undefined));
  const headers = fc.dictionary(fc.constantFrom(...names), value);
  fuzz(
    fc.property(headers, fc.string({ unit: 'binary' }), text, (given, method, url) => {
      const { recorded, traceparent, tracestate } = trace(given, method, url);
      expect(recorded.length).toBeLessThan(100_000);
      expect(recorded.isWellFormed()).toBe(true);
      expect(recorded).not.toContain('\\u0000');
      expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[0-3]$/);
      expect(tracestate ?? '').toMatch(/^[\t\x20-\x7e]*$/);
    }),
  );
});

it('secrets in headers are not recorded', () => {
  const around = fc.string({ unit: fc.constantFrom(...'ab =;,"\'\t\u00e9'), maxLength: 40 });
  const secret = fc.constantFrom(
    `Bearer ${CANARY}`,
    `https://u:${CANARY}@host/`,
    `token=${CANARY}`,
    `"key":"${CANARY}"`,
  );
  const open = fc.tuple(around, secret, around).map(([before, text, after]) => `${before} ${text} ${after}`);
  fuzz(
    fc.property(around, open, open, (hidden, tenant, agent) => {
      const headers = {
        authorization: hidden + CANARY,
        cookie: `a=${CANARY}; ${hidden}`,
        'x-api-key': CANARY,
        'x-tenant': [tenant, hidden],
        referer: `https://u:${CANARY}@host/?token=${CANARY}`,
        'user-agent': agent,
        host: `u:${CANARY}@host`,
      };
      const { recorded } = trace(headers, 'GET', `http://u:${CANARY}@host/?q=${encodeURIComponent(tenant)}`);
      expect(recorded).not.toContain(CANARY);
      expect(recorded).toContain('REDACTED');
    }),
  );
});
