import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../attributes/redaction.js';
import { redactQuery } from './url-query.js';

const redactor = createRedactor({ names: ['tax_id'] }, () => {});
const redact = (query: string) => redactQuery(query, redactor);

describe('a query', () => {
  it.each([
    '',
    '&',
    '&&a=1&',
    'a=1&b=2',
    'a',
    '=',
    '=x',
    'a=b=c',
    'a=%zz&b=%',
    'q=hello+world%21',
    'token=',
    'monkey=1&author=x',
    'redirect=https%3A%2F%2Fhost%2Fpath%3Fpage%3D2',
    '%00=\u00ff',
  ])('is kept as it was sent: %j', (query) => {
    expect(redact(query)).toBe(query);
  });

  it.each([
    ['a=1&token=abc&b=2', 'a=1&token=REDACTED&b=2'],
    ['X-Amz-Credential=a%2Fb&X-Amz-Signature=0f&x=1', 'X-Amz-Credential=REDACTED&X-Amz-Signature=REDACTED&x=1'],
    ['AWSAccessKeyId=AK&Signature=x&sig=y', 'AWSAccessKeyId=REDACTED&Signature=REDACTED&sig=REDACTED'],
    ['user[password]=x', 'user[password]=REDACTED'],
    ['user%5Bpassword%5D=x', 'user%5Bpassword%5D=REDACTED'],
    ['%74oken=x', '%74oken=REDACTED'],
    ['%74oken%zz=x', '%74oken%zz=REDACTED'],
    ['api+key=x', 'api+key=REDACTED'],
    ['token=a=b&c', 'token=REDACTED&c'],
    ['taxId=1', 'taxId=REDACTED'],
    ['a=1;token=abc', 'a=REDACTED'],
    ['h=Bearer+abc', 'h=REDACTED'],
    ['h=Bearer%20abc', 'h=REDACTED'],
    ['u=https%3A%2F%2Fbob%3Ahunter2%40host', 'u=REDACTED'],
    ['u=https%3A%2F%2Fbob%3Ahunt+er2%40host', 'u=REDACTED'],
    ['u=https%3A%2F%2Fhost%2F%3Ftoken%3Dabc', 'u=REDACTED'],
    ['u=https%253A%252F%252Fhost%252F%253Ftoken%253Dabc', 'u=REDACTED'],
    ['c=4111+1111+1111+1111', 'c=REDACTED'],
    ['ghp_16C7e42F292c6912E7710c838347Ae178B4a', 'REDACTED'],
    ['ghp_16C7e42F292c6912E7710c838347Ae178B4a=&a=1', 'REDACTED&a=1'],
    ['Bearer%20abc=1', 'REDACTED'],
  ])('loses its secrets: %s', (query, expected) => {
    expect(redact(query)).toBe(expected);
    expect(redact(expected)).toBe(expected);
  });

  it('is cut without leaving part of a secret at the cut', () => {
    expect(redact('x'.repeat(5000))).toBe(`${'x'.repeat(2048)}…`);
    const filler = `a=${'x'.repeat(2030)}`;
    expect(redact(`${filler}&b=4111111111111111`)).toBe(`${filler}&b=REDACTED…`);
    expect(redact(`${filler}&token=${'s3cret'.repeat(9)}`)).toBe(`${filler}&token=REDACTED…`);
    expect(redact(`${'a=1&'.repeat(20_000)}`)).toBe(`${'a=1&'.repeat(128)}…`);
  });

  it('is at most a little longer than the limit, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab=&%+2F0;[]\u00ff'), maxLength: 300 }), (query) => {
        expect(redact(query).length).toBeLessThanOrEqual(query.length * 9 + 9);
      }),
    );
  });

  it('loses the value of any secret name, in every encoding', () => {
    const name = fc.constantFrom('token', 'apiKey', 'x-api-key', 'password', 'connect.sid', 'pin', 'otp', 'tax_id');
    const everyByte = (text: string) => text.replace(/./g, (character) => `%${character.charCodeAt(0).toString(16)}`);
    fc.assert(
      fc.property(
        name,
        fc.boolean(),
        fc.webQueryParameters(),
        fc.webQueryParameters(),
        (secret, encoded, before, after) => {
          expect(redact(`${before}&${encoded ? everyByte(secret) : secret}=c4n4ry&${after}`)).not.toContain('c4n4ry');
        },
      ),
    );
  });
});
