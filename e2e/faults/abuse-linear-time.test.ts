import { createServer, type Server } from 'node:http';
import { currentSpan } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';
import express5 from 'express';
import express4 from 'express-4';
import { describe, expect, it } from 'vitest';
import { expectLinearTime } from '../../scripts/linear-time.mjs';
import { exchange, request } from '../contract/exchange.js';
import { servePair } from './pair.js';

const LENGTH = 25_600;

describe.each([
  ['Express 5.3', express5],
  ['Express 4.22', express4],
])('%s', (_version, express) => {
  it('45 b. in every part of a request, 100 KB of hostile text hold nobody up', async () => {
    const options = { headers: { request: ['x-text', 'cookie'] } };
    const { traced, bare, rows } = await servePair((instance) => {
      const app = express();
      if (instance !== undefined) app.use(ferret(instance));
      const router = express.Router();
      router.get(/.*/, (request, response) => {
        const { 'user-agent': agent, 'x-text': text } = request.headers;
        currentSpan()
          ?.annotate({ agent })
          .recordError(new Error(String(text)));
        response.status(204).end();
      });
      app.use('/t/:tenant', router);
      // A path that has bad escapes.
      app.use(((_error, _request, response, _next) => void response.status(400).end()) as express5.ErrorRequestHandler);
      return createServer({ maxHeaderSize: 4_000_000 }, app);
    }, options);
    let sent = 0;
    for (const piece of ['a', '=', '/', '%25', '%zz', 'a=b,', 'key=', '://a:', 'bearer ', '4111-', '"key":[']) {
      const ask = (server: Server, length: number) => {
        const text = piece.repeat(Math.ceil(length / piece.length)).trimEnd();
        const inUrl = text.replaceAll(/[ "]/g, '');
        const headers = {
          'User-Agent': text,
          'X-Text': text,
          Cookie: text,
          Host: text,
          tracestate: text,
          traceparent: `01-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01-${text}`,
        };
        return exchange(server, request('GET', `/t/${inUrl}/${inUrl}?${inUrl}`, { headers }));
      };
      await expectLinearTime(JSON.stringify(piece), LENGTH, async (length) => {
        sent++;
        expect(await ask(traced, length)).toMatch(/^HTTP\/1\.1 [24]0[04] /);
      });
      expect(await ask(traced, LENGTH)).toBe(await ask(bare, LENGTH));
      sent++;
    }
    await rows(sent);
  });
});
