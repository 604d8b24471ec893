import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { AttributeValue } from '../attributes/attribute-value.js';
import { FerretInstance } from '../ferret/ferret-instance.js';
import type { FerretOptions } from '../ferret/options.js';
import { MemorySink } from '../sink/memory-sink.js';
import type { SinkTick } from '../sink/sink.js';
import type { SpanRecord } from '../trace/span.js';
import { annotateRequest } from './http-tracer.js';

const open: FerretInstance[] = [];
afterEach(() => Promise.all(open.splice(0).map((ferret) => ferret.close())));

/** A Ferret whose redactor notes the names of the attributes it is given. */
function build(options: FerretOptions = {}, sink = new MemorySink()) {
  const described: string[] = [];
  const redactor = (name: string, value: AttributeValue) => {
    described.push(name);
    return value;
  };
  const ferret = new FerretInstance({ sink, shutdownHooks: false, redact: { redactor }, ...options });
  open.push(ferret);
  const begin = (url: string, parts: object = {}) => {
    const headers: Record<string, string> = { host: 'shop.example:8080', 'user-agent': 'browser' };
    const request = Object.assign(new EventEmitter(), { method: 'GET', url, headers, httpVersion: '1.1', ...parts });
    const response = Object.assign(new EventEmitter(), { statusCode: 200, headersSent: true });
    const [first, second] = [request, response] as unknown[];
    ferret.http.trace(
      first as IncomingMessage,
      second as ServerResponse,
      () => undefined,
      () => {},
    );
    return { request, headers, response, end: () => Object.assign(response, { writableFinished: true }).emit('close') };
  };
  const stored = async () => {
    await ferret.flush();
    return sink.spans.map(({ sharedAttributes, attributes }) => ({ ...sharedAttributes, ...attributes }));
  };
  return { ferret, sink, described, begin, stored };
}

const SAMPLED_OUT: FerretOptions = { maxSpansPerSecond: 1, keepSlowerThanMillis: 60_000 };

describe('K10: the description of a request', () => {
  it('is not made if the request is sampled out', async () => {
    const { ferret, described, begin, stored } = build(SAMPLED_OUT);
    for (let index = 0; index < 50; index++) begin(`/users/${index}?token=abc`).end();
    const kept = await stored();
    expect(kept.length).toBeLessThan(5);
    expect(ferret.stats()).toMatchObject({ started: 50, pending: 0 });
    expect(described.filter((name) => name === 'url.path')).toHaveLength(kept.length);
    expect(kept[0]).toMatchObject({ 'url.path': '/users/0', 'url.query': 'token=REDACTED' });
  });

  it('uses the texts that the request came with, whatever the application changes', async () => {
    const { begin, stored } = build();
    const { request, headers, end } = begin('/a/b?c=d');
    Object.assign(request, { url: '/b', httpVersion: '9', socket: {} });
    headers['user-agent'] = 'changed';
    delete headers['host'];
    end();
    Object.assign(request, { url: '/gone', headers: {} });
    expect(await stored()).toMatchObject([
      {
        'url.path': '/a/b',
        'url.query': 'c=d',
        'server.address': 'shop.example',
        'server.port': 8080,
        'network.protocol.version': '1.1',
        'user_agent.original': 'browser',
      },
    ]);
  });

  it('does not overwrite attributes that the application sets', async () => {
    const { begin, stored } = build();
    begin('/a?b=c').end();
    const { end, request } = begin('/a?b=c');
    annotateRequest(request as unknown as IncomingMessage, { 'url.path': '/own', 'url.query': 'own' }, undefined);
    end();
    const [first, second] = await stored();
    expect(first).toMatchObject({ 'url.path': '/a', 'url.query': 'b=c' });
    expect(second).toMatchObject({ 'url.path': '/own', 'url.query': 'own' });
  });

  it('has room among the attributes, however many the application sets', async () => {
    const { begin, stored } = build({ maxAttributes: 4 });
    const { end, request } = begin('/a?b=c');
    annotateRequest(request as unknown as IncomingMessage, { a: 1, b: 2, c: 3, d: 4 }, undefined);
    end();
    const [attributes] = await stored();
    expect(attributes).toMatchObject({
      'url.path': '/a',
      'url.query': 'b=c',
      a: 1,
      b: 2,
      'ferret.dropped_attributes': 2,
    });
  });

  it('is made when the request has been open for a second', async () => {
    const ticks: SinkTick[] = [];
    const sink = Object.assign(new MemorySink(), { tick: async (tick: SinkTick) => void ticks.push(tick) });
    const { begin, ferret } = build({}, sink);
    const { end } = begin('/slow?a=b');
    const openSpans = await new Promise<readonly SpanRecord[]>((resolve) => {
      const timer = setInterval(() => {
        const found = ticks.find((tick) => tick.openSpans.length > 0);
        if (found === undefined) return;
        clearInterval(timer);
        resolve(found.openSpans);
      }, 20);
    });
    expect(openSpans).toMatchObject([{ attributes: { 'url.path': '/slow', 'url.query': 'a=b' } }]);
    expect(openSpans[0]?.sharedAttributes).toMatchObject({ 'server.address': 'shop.example' });
    end();
    await ferret.flush();
    expect(sink.spans).toHaveLength(1);
  });

  it('is not needed to recognise health checks and ignored paths', async () => {
    const { ferret, described, begin } = build({ ignore: ['/ignored'] });
    begin('/health?deep=1').end();
    begin('/ignored?a=b').end();
    await ferret.flush();
    expect(ferret.stats()).toMatchObject({ started: 1, sampledOut: 1, stored: 0 });
    // `service.name` belongs to the process, not to a request.
    expect(described).toEqual(['service.name']);
  });

  const refuses = () => {
    throw new Error('refused');
  };
  const ODD_SOCKETS: Readonly<Record<string, [object | null, boolean]>> = {
    'is frozen': [Object.freeze({ localPort: 80 }), true],
    'is null': [null, true],
    'cannot be read': [new Proxy({}, { get: refuses }), false],
    'cannot be written to': [new Proxy({}, { set: refuses }), false],
    'cannot be looked at': [new Proxy({}, { isExtensible: refuses }), false],
  };

  it.each(Object.entries(ODD_SOCKETS))(
    'K9: is made for a request whose socket %s',
    async (_title, [socket, knowsPeer]) => {
      const { ferret, begin, stored } = build();
      begin('/a?b=c', { socket }).end();
      begin('/a?b=c', { socket });
      expect(() => ferret.saveCopies('SIGTERM')).not.toThrow();
      await ferret.close();
      const spans = await stored();
      expect(ferret.stats()).toMatchObject({ started: 2, stored: 2, dropped: { writeFailed: 0 } });
      expect(spans).toHaveLength(2);
      for (const span of spans) {
        expect(span).toMatchObject({ 'url.path': '/a', 'url.query': 'b=c' });
        expect(span['server.address']).toBe(knowsPeer ? 'shop.example' : undefined);
      }
    },
  );

  it('K9: is made for a request whose headers are not strings', async () => {
    const { ferret, begin, stored } = build();
    const unwritable = { toString: refuses };
    for (const headers of [
      { 'user-agent': Symbol('a') },
      { 'user-agent': unwritable },
      { host: ['a'], 'user-agent': 7 },
    ])
      begin('/a?b=c', { headers }).end();
    expect(await stored()).toHaveLength(3);
    expect(ferret.stats()).toMatchObject({ started: 3, stored: 3, pending: 0 });
  });
});
