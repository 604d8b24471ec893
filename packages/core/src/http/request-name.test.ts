import { describe, expect, it } from 'vitest';
import { requestName } from './request-name.js';

describe('the name of a request', () => {
  it('is its method and its route, for any number of routes', () => {
    for (let index = 0; index < 5_000; index++) {
      expect(requestName('GET', `/${index % 2_500}`)).toBe(`GET /${index % 2_500}`);
      expect(requestName('HTTP', `/${index}`)).toBe(`HTTP /${index}`);
    }
  });
});
