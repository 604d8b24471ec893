import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { FerretInstance } from '../ferret/ferret-instance.js';
import type { FerretOptions } from '../ferret/options.js';
import { MemorySink } from '../sink/memory-sink.js';

const open: FerretInstance[] = [];
afterEach(() => Promise.all(open.splice(0).map((ferret) => ferret.close())));

function build(options: FerretOptions = {}) {
  const sink = new MemorySink();
  const ferret = new FerretInstance({ sink, shutdownHooks: false, onDiagnostic: () => {}, ...options });
  open.push(ferret);
  return { ferret, sink };
}

/** An object on which exactly one property access or call fails: the one with this number. */
function failing<T extends object>(object: T, counter: { left: number }): T {
  return new Proxy(object, {
    get(target, key) {
      if (counter.left-- === 0) throw new Error(`no ${String(key)}`);
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set(target, key, value) {
      if (counter.left-- === 0) throw new Error(`no ${String(key)}`);
      return Reflect.set(target, key, value);
    },
  });
}

function requestAndResponse(headers: Record<string, string>) {
  const socket = new Socket();
  const request = { method: 'GET', url: '/x?y=z', headers, httpVersion: '1.1', httpVersionMajor: 1, socket };
  const response = Object.assign(new EventEmitter(), { statusCode: 200, headersSent: true, end: () => {}, socket });
  return { request, response };
}

const OPTIONS: FerretOptions = {
  clientAddress: true,
  headers: { request: ['x-forwarded-for'] },
  ignore: [(request) => request.url === '/never'],
  flushOnResponse: true,
};

describe('K9: a request whose start fails', () => {
  it.each([
    ['an ordinary one', {}],
    ['one that continues a trace', { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'a=b' }],
    ['an upgrade', { upgrade: 'websocket' }],
  ])('at any step, of %s: the handler runs, and no span stays open', async (_title, headers) => {
    const { ferret, sink } = build(OPTIONS);
    let step = 0;
    let handled = 0;
    for (let hasFailed = true; hasFailed; step++) {
      const { request, response } = requestAndResponse({ host: 'a.example', 'x-forwarded-for': '1.2.3.4', ...headers });
      const counter = { left: step };
      const failingRequest = failing({ ...request, headers: failing(request.headers, counter) }, counter);
      const next = () => {
        hasFailed = counter.left < 0;
        counter.left = Number.POSITIVE_INFINITY;
        return handled++;
      };
      const [first, second] = [failingRequest, failing(response, counter)] as unknown[];
      ferret.http.trace(first as IncomingMessage, second as ServerResponse, () => '/x', next);
      response.emit('close');
    }
    expect(handled).toBe(step);
    expect(step).toBeGreaterThan(15);
    await ferret.flush();
    expect(ferret.stats()).toMatchObject({ pending: 0, started: sink.spans.length });
    // The last run met no failure.
    expect(sink.spans.at(-1)).toMatchObject({ name: 'GET /x' });
  });
});
