import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRedactor } from '../attributes/redaction.js';
import { fuzz } from '../fuzz.fixture.js';
import { redactQuery } from './url-query.js';

const redactor = createRedactor({}, () => {});
const redact = (query: string) => redactQuery(query, redactor);

/** Any text, and texts that resemble a query. */
const query = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.webQueryParameters(),
  fc.string({
    unit: fc.constantFrom(...'ab=&%+20;[]:/@\u00ff\ud800', 'key', 'token', 'bearer ', '%3D'),
    maxLength: 400,
  }),
);

/** Spellings of a name or a value in a query that an application reads the same. */
const spelling = fc.constantFrom<(text: string) => string>(
  (text) => text,
  encodeURIComponent,
  (text) => text.replace(/[\w-]/g, (character) => `%${character.charCodeAt(0).toString(16)}`),
  (text) => text.replace(/[\w-]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`),
);

/** A text that occurs nowhere else in the inputs. */
const CANARY = 'C4N4RY';
const NAMES = ['token', 'api_key', 'X-Api-Key', 'user[password]', 'sessionId', 'X-Amz-Signature', 'sig', 'connect.sid'];
const SECRETS = [
  `Bearer ${CANARY}`,
  `https://user:${CANARY}@host/`,
  `https://host/?token=${CANARY}`,
  `ghp_${CANARY.repeat(6)}`,
  `{"password":"${CANARY}"}`,
];

it('any query is redacted without an exception, and bounded', () => {
  fuzz(
    fc.property(query, (text) => {
      const redacted = redact(text);
      expect(redacted.length).toBeLessThanOrEqual(Math.min(text.length * 9 + 9, 2048 + 'REDACTED…'.length + 1024));
    }),
  );
});

it('redacting a redacted query changes nothing', () => {
  fuzz(
    fc.property(query, (text) => {
      const once = redact(text);
      fc.pre(!once.endsWith('…'));
      expect(redact(once)).toBe(once);
    }),
  );
});

it('redaction adds no pairs, and keeps harmless pairs unchanged', () => {
  const pair = fc
    .tuple(fc.constantFrom('page', 'q', 'sort', 'limit'), fc.webFragments())
    .filter(([, value]) => redactor.text(value) === value && !/[&%+]/.test(value));
  fuzz(
    fc.property(fc.array(pair, { maxLength: 20 }), (pairs) => {
      const text = pairs.map(([name, value]) => `${name}=${value}`).join('&');
      fc.pre(text.length <= 2048);
      expect(redact(text)).toBe(text);
    }),
  );
});

it('no spelling of a secret name or value survives, in any position', () => {
  const harmless = fc.webQueryParameters();
  fuzz(
    fc.property(
      fc.constantFrom(...NAMES),
      fc.constantFrom(...SECRETS),
      spelling,
      spelling,
      harmless,
      harmless,
      (name, secret, spellName, spellValue, before, after) => {
        const byName = redact(`${before}&${spellName(name)}=${spellValue(CANARY)}&${after}`);
        expect(byName).not.toContain(spellValue(CANARY));
        const byValue = redact(`${before}&q=${spellValue(encodeURIComponent(secret))}&${after}`);
        expect(byValue).not.toContain(CANARY);
        expect(byValue).not.toContain(spellValue(CANARY));
      },
    ),
  );
});
