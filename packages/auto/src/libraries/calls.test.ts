import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import http, { type ClientRequest, createServer, type IncomingMessage, type RequestListener, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { instrument } from '../instrument.js';
import { propagateOnlyTo } from '../propagation.js';
import { below } from './request.fixture.js';

beforeAll(() => {
  instrument({ only: ['http-client', 'undici'] });
});

afterEach(() => propagateOnlyTo([/^/]));

describe("undici's channels", () => {
  interface Asked {
    readonly added: [string, string][];
  }

  /** A request as the channels of undici show it, and what happens to it. */
  function ask(given: object, ...events: [name: string, message: object][]): Asked {
    const added: [string, string][] = [];
    const asked = {
      origin: 'http://shop.example.com',
      method: 'GET',
      path: '/a?b=c',
      headers: [],
      addHeader: (name: string, value: string) => added.push([name, value]),
      ...given,
    };
    for (const [name, message] of [['create', {}], ...events] as const) {
      channel(`undici:request:${name}`).publish({ request: asked, ...message });
    }
    return { added };
  }

  const answer = (statusCode: number) => ['headers', { response: { statusCode } }] as [string, object];

  it('tell of a call, of the server and of the answer', async () => {
    const spans = await below(() => {
      ask({}, answer(200), ['trailers', {}]);
      ask({ origin: new URL('https://[::1]:8443'), method: 'post' }, answer(503), ['trailers', {}]);
      ask({ origin: 'https://shop.example.com', method: 'BREW' }, answer(201), ['trailers', {}]);
    });
    expect(spans).toMatchObject([
      {
        name: 'GET',
        outcome: 'ok',
        attributes: {
          'http.request.method': 'GET',
          'url.full': 'http://shop.example.com/a?b=c',
          'server.address': 'shop.example.com',
          'server.port': 80,
          'http.response.status_code': 200,
        },
      },
      {
        name: 'POST',
        outcome: 'error',
        errorType: '503',
        attributes: { 'url.full': 'https://[::1]:8443/a?b=c', 'server.address': '::1', 'server.port': 8443 },
      },
      {
        name: 'HTTP',
        attributes: {
          'http.request.method': '_OTHER',
          'http.request.method_original': 'BREW',
          'url.full': 'https://shop.example.com/a?b=c',
          'server.port': 443,
        },
      },
    ]);
  });

  it('tell of a call that fails, before and after it was answered', async () => {
    const refused = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    const spans = await below(() => {
      ask({}, ['error', { error: refused }]);
      ask({}, answer(200), ['error', { error: new TypeError('terminated') }]);
      ask({}, ['error', { error: 'text' }]);
    });
    expect(spans.map(({ outcome, errorType }) => [outcome, errorType])).toEqual([
      ['error', 'ECONNREFUSED'],
      ['error', 'TypeError'],
      ['error', expect.any(String)],
    ]);
    expect(spans[1]?.attributes).toMatchObject({ 'http.response.status_code': 200 });
  });

  it('send the trace on, unless the application does or the host is left out', async () => {
    const added: number[] = [];
    await below(() => {
      for (const headers of [
        [],
        ['accept', '*/*'],
        ['TraceParent', 'mine'],
        'accept: */*\r\n',
        'accept: */*\r\ntraceparent: mine\r\n',
      ]) {
        added.push(ask({ headers }, ['trailers', {}]).added.length);
      }
      propagateOnlyTo(['.internal.example.com']);
      added.push(ask({}, ['trailers', {}]).added.length);
      added.push(ask({ origin: 'http://a.internal.example.com' }, ['trailers', {}]).added.length);
    });
    expect(added).toEqual([1, 1, 0, 1, 0, 0, 1]);
  });

  it('give no span for upgrades, tunnels, calls outside of any span, and events of an unknown call', async () => {
    ask({}, answer(200), ['trailers', {}]);
    const spans = await below(() => {
      ask({ upgrade: 'websocket' }, answer(101), ['error', { error: new Error('no') }]);
      ask({ method: 'CONNECT' }, ['trailers', {}]);
      for (const name of ['headers', 'trailers', 'error']) channel(`undici:request:${name}`).publish({ request: {} });
    });
    expect(spans).toEqual([]);
  });
});

describe("Node's client", () => {
  async function withServer(listener: RequestListener, work: (port: number) => Promise<void>) {
    const server = createServer(listener);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      return await below(() => work((server.address() as AddressInfo).port));
    } finally {
      server.closeAllConnections();
      await once(server.close(), 'close');
    }
  }

  async function answered(sent: ClientRequest): Promise<void> {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    await once(response.resume(), 'close');
  }

  it('tells of a call, of the server and of the answer, and sends the trace on', async () => {
    const headers: (string | undefined)[] = [];
    const spans = await withServer(
      (asked, response) => {
        headers.push(asked.headers.traceparent as string | undefined);
        response.writeHead(asked.url === '/missing' ? 404 : 200).end('ok');
      },
      async (port) => {
        await answered(http.get({ host: '127.0.0.1', port, path: '/there', agent: false }));
        await answered(http.get({ host: '127.0.0.1', port, path: '/missing', agent: false }));
        await answered(http.get({ host: '127.0.0.1', port, headers: { traceparent: 'mine' }, agent: false }));
        await answered(http.get({ host: '127.0.0.1', port, headers: { host: 'other' }, agent: false }));
      },
    );
    expect(spans.map(({ outcome, errorType }) => errorType ?? outcome)).toEqual(['ok', '404', 'ok', 'ok']);
    expect(spans[0]?.attributes).toMatchObject({
      'url.full': expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/there$/),
      'server.port': expect.any(Number),
      'http.response.status_code': 200,
      'network.protocol.version': '1.1',
    });
    expect(spans[3]?.attributes).toMatchObject({ 'server.port': expect.any(Number) });
    const traced = expect.stringMatching(/^00-/);
    expect(headers).toEqual([traced, traced, 'mine', traced]);
  });

  it('tells of an answer that breaks off, an upgrade, and a connection that fails', async () => {
    const spans = await withServer(
      (asked, response) => {
        if (asked.url === '/cut') response.write('half', () => response.destroy());
      },
      async (port) => {
        const cut = http.get({ host: '127.0.0.1', port, path: '/cut', agent: false });
        cut.on('error', () => {});
        cut.on('response', (response) => response.on('error', () => {}).resume());
        await new Promise((resolve) => cut.once('close', resolve));
        const left = request({ host: '127.0.0.1', port, path: '/left', agent: false });
        left.on('error', () => {}).end();
        await once(left, 'socket');
        left.destroy();
        await new Promise((resolve) => left.once('close', resolve));
        const refused = request({ host: '127.0.0.1', port: 1, agent: false });
        refused.end();
        refused.on('error', () => {});
        await new Promise((resolve) => refused.once('close', resolve));
      },
    );
    expect(spans.map(({ outcome }) => outcome)).toEqual(['error', 'error', 'error']);
    expect(spans[2]?.errorType).toBe('ECONNREFUSED');
  });
});
