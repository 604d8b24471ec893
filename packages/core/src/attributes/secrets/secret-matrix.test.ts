import { describe, expect, it } from 'vitest';
import { redactQuery } from '../../http/url-query.js';
import { createRedactor } from '../redaction.js';
import { TOKEN_FAMILIES, TOKEN_SHAPES } from './issued-tokens.js';
import { ORDINARY_TEXTS } from './ordinary-texts.fixture.js';
import { ENCODINGS, isPossible, leaks, PLACES } from './secret-matrix.fixture.js';
import { SHAPES } from './secret-shapes.fixture.js';

const redactor = createRedactor({}, () => {});

describe('K11: a secret is never stored, in any encoding', () => {
  it.each(SHAPES.map((shape) => [shape[0], shape] as const))('%s', (_what, shape) => {
    const [, text, secret] = shape;
    const leaking: string[] = [];
    for (const [place, store] of Object.entries(PLACES)) {
      for (const [encoding, encode] of Object.entries(ENCODINGS)) {
        if (!isPossible(place, encoding, shape)) continue;
        expect(leaks(encode(text), secret)).toBe(true);
        if (leaks(store(encode(text)), secret)) leaking.push(`${place}, ${encoding}`);
      }
    }
    expect(leaking).toEqual([]);
  });
});

describe('K11: an ordinary text is unchanged', () => {
  it.each(ORDINARY_TEXTS.map((text) => [text]))('%j', (text) => {
    expect(redactor.text(text)).toBe(text);
    const query = `q=${encodeURIComponent(text.toWellFormed())}`;
    expect(redactQuery(query, redactor)).toBe(query);
    expect(redactor.text(`It said: ${text}, at last`)).toBe(`It said: ${text}, at last`);
  });
});

describe('K11: the table of tokens', () => {
  it('names the publication of each family', () => {
    for (const { issuer, source } of [...TOKEN_FAMILIES, ...TOKEN_SHAPES]) {
      expect(source, issuer).toMatch(/^(?:gitleaks|trufflehog): [\w*/.-]+|^https:\/\//);
    }
  });

  it('has each prefix once, unless the bodies differ', () => {
    const seen = new Set<string>();
    for (const { prefixes, body } of TOKEN_FAMILIES) {
      for (const prefix of prefixes) {
        expect(seen.has(`${prefix}${body}`), prefix).toBe(false);
        seen.add(`${prefix}${body}`);
      }
    }
  });

  it('finds a token of each prefix whose body may be any letters and digits', () => {
    const body = 'aB3cD4eF5gH6iJ7kL8mN9oP0qR1sT2uVwX3yZ4'.repeat(2);
    for (const { prefixes, body: pattern, keepsPrefix } of TOKEN_FAMILIES) {
      if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(body)) continue;
      for (const prefix of prefixes) {
        const expected = keepsPrefix ? `${prefix}REDACTED` : 'REDACTED';
        expect(redactor.text(prefix + body), prefix).toBe(expected);
        expect(redactor.text(`see "${prefix}${body}" at last`), prefix).toBe(`see "${expected}" at last`);
      }
    }
  });
});
