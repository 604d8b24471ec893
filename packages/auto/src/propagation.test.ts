import { describe, expect, it } from 'vitest';
import { isPropagatedTo, propagateOnlyTo } from './propagation.js';

const isSent = (url: string) => {
  const { host, href } = new URL(url);
  return isPropagatedTo(host, () => href);
};

describe('propagateTo', () => {
  it('is every host by default', () => {
    expect(isSent('https://anywhere.test/a')).toBe(true);
  });

  it('names hosts, hosts below a domain, hosts with a port, and expressions of URLs', () => {
    propagateOnlyTo(['api.test', '.inner.test', 'localhost:3000', /^https:\/\/cdn\.test\/traced\//g]);
    const sent = [
      'http://API.test/a',
      'http://api.test:8080/a',
      'http://a.b.inner.test/',
      'http://localhost:3000/',
      'https://cdn.test/traced/1',
      'https://cdn.test/traced/2',
    ];
    const unsent = [
      'http://other.test/',
      'http://notinner.test/',
      'http://inner.test/',
      'http://localhost:4000/',
      'https://cdn.test/other',
      'http://api.test.evil.test/',
    ];
    expect(sent.filter((url) => !isSent(url))).toEqual([]);
    expect(unsent.filter(isSent)).toEqual([]);
  });
});
