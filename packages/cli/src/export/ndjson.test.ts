import { makeSpan } from '@ferretjs/core/testing';
import { expect, it } from 'vitest';
import { exportNdjson } from './ndjson.js';
import { asIterable, textOf } from './span.fixture.js';

const HOSTILE = 'GET /\u001b]0;pwned\u0007\u009b2J\u202e\r\n\u2028\u2029"\\ 😀\ud800';

it('writes a span a line, which parses to the same span', async () => {
  const spans = [
    makeSpan({ name: HOSTILE, attributes: { [HOSTILE]: [HOSTILE, 1, true] } }),
    makeSpan({ parentId: '11'.repeat(8), outcome: 'interrupted' }),
  ];
  const text = await textOf(exportNdjson(asIterable(...spans)));
  expect(text.endsWith('\n')).toBe(true);
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(spans);
});

it('writes nothing that a terminal would obey, or that ends a line elsewhere', async () => {
  const text = await textOf(exportNdjson(asIterable(makeSpan({ name: HOSTILE }))));
  expect(text.trimEnd()).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u);
});

it('writes nothing for no span', async () => {
  expect(await textOf(exportNdjson(asIterable()))).toBe('');
});
