import { createServer, type Server } from 'node:http';
import { currentSpan } from '@ferretjs/core';
import { ferret } from '@ferretjs/express';
import express5 from 'express';
import express4 from 'express-4';
import { describe, expect, it } from 'vitest';
import { escapeControls } from '../../packages/cli/src/format/escape.js';
import { createRedactor } from '../../packages/core/src/attributes/redaction.js';
import { safeText } from '../../packages/core/src/attributes/safe-text.js';
import { redactQuery } from '../../packages/core/src/http/url-query.js';
import { parseTraceparent, parseTracestate } from '../../packages/core/src/trace/trace-context.js';
import { exchange, request } from '../contract/exchange.js';
import { expectLinearTime } from './linear-time.js';
import { servePair } from './pair.js';

/** What backtracking patterns and loops within loops stumble over, repeated. */
// biome-ignore format: a list of texts
const PIECES = [
  'a', '1', '1 ', '4111-', '://', '://a:', '@', '://a@', 'eyJ', 'eyJaaaa.', 'bearer ', ' ', 'basic aaaa', '-----BEGIN A-----', '-----END ',
  '\\', '"', '"key":[', '[', '{"key":', 'key="', 'key=', 'a=', '=', '==', 'a.', 'token', 'sk-', 'ghp_', 'cookie:', 'aA', '%', '%25', '%zz',
  '+', '&', 'a=b&', 'a&key=', ';', ',', 'a=b,', 'a=,', ' ,', '\t', '-', '00-', '\ud800', '\u202e', '\u001b[', '\u00e9', '\u0301',
];
const LENGTH = 25_600;

const redactor = createRedactor({ names: ['tax_id'] }, () => {});

/** Every parser and redactor of what comes from outside, without its cache. */
const PARSERS: Record<string, (text: string) => unknown> = {
  'the header traceparent': parseTraceparent,
  'the header traceparent, of a higher version': (text) =>
    parseTraceparent(`01-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01-${text}`),
  'the header tracestate': parseTracestate,
  'the header tracestate, after a member': (text) => parseTracestate(`a=b,${text}`),
  'the query': (text) => redactQuery(text, redactor),
  'the query, in a value': (text) => redactQuery(`a=${text}`, redactor),
  'secrets in a text': (text) => redactor.text(text),
  'secrets in a text, after a name': (text) => redactor.text(`key="${text}`),
  'secrets in a text, after a scheme': (text) => redactor.text(`https://${text}@`),
  names: (text) => redactor.isSecretName(text),
  values: (text) => safeText({ text, [text]: [text] }, redactor, LENGTH * 4),
  'the escape of the CLI': escapeControls,
};

describe('100 KB of hostile text take time in proportion to their length in', () => {
  it.each(Object.entries(PARSERS))('45 a. %s', async (_what, parse) => {
    for (const piece of PIECES) {
      await expectLinearTime(JSON.stringify(piece), LENGTH, (length) =>
        parse(piece.repeat(Math.ceil(length / piece.length))),
      );
    }
  });
});

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
