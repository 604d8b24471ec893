import { describe, it } from 'vitest';
import { expectLinearTime } from '../../../scripts/linear-time.mjs';
import { createRedactor } from './attributes/redaction.js';
import { safeText } from './attributes/safe-text.js';
import { redactQuery } from './http/url-query.js';
import { parseTraceparent, parseTracestate } from './trace/trace-context.js';

/** Pieces that are slow for backtracking patterns and nested loops when repeated. */
// biome-ignore format: a list of texts
const PIECES = [
  'a', '1', '1 ', '4111-', '://', '://a:', '@', '://a@', 'eyJ', 'eyJaaaa.', 'bearer ', ' ', 'basic aaaa', '-----BEGIN A-----', '-----END ',
  '\\', '"', '"key":[', '[', '{"key":', 'key="', 'key=', 'a=', '=', '==', 'a.', 'token', 'sk-', 'ghp_', 'cookie:', 'aA', '%', '%25', '%zz',
  '+', '&', 'a=b&', 'a&key=', ';', ',', 'a=b,', 'a=,', ' ,', '\t', '-', '00-', '\ud800', '\u202e', '\u001b[', '\u00e9', '\u0301',
];
const LENGTH = 25_600;

const redactor = createRedactor({ names: ['tax_id'] }, () => {});

/** Every parser and redactor of text from outside, without its cache. */
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
};

describe('100 KB of hostile text take time in proportion to their length in', () => {
  it.each(Object.entries(PARSERS))('FAULTS 45 a. %s', async (_what, parse) => {
    for (const piece of PIECES) {
      await expectLinearTime(JSON.stringify(piece), LENGTH, (length) =>
        parse(piece.repeat(Math.ceil(length / piece.length))),
      );
    }
  });
});
