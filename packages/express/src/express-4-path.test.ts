import { describe, expect, it } from 'vitest';
import type { Layer } from './express-types.js';
import { stackOf } from './express-types.js';
import { registeredPath } from './layer-path.js';
import { VERSIONS } from './versions.fixture.js';

const PATHS = [
  '/users',
  '/café',
  '/a.b',
  '/t/:tenant/users',
  '/t/:tenant?',
  '/:a-:b',
  '/:from/to/:to',
  '/:name.:ext?',
  '/:id(\\d+)',
  '/:id(\\d+)?',
  '/v/:n(a|b)/z',
  '/files/:name([^/]+)',
  '/a/:rest*',
  '/a/:word(\\w+)*',
  '/x/*',
  '*',
  '/ab*cd',
  '/ab?cd',
  '/ab+cd',
  '/a(b)?c',
  '/v[0-9]+',
  '/v(\\d+)/:z',
  '/a|/b',
  '/x:y',
  '/user@:name',
  '/.well-known/:x',
];

describe.each(VERSIONS.filter(([version]) => version.startsWith('Express 4')))('%s', (_version, express) => {
  const mounted = (path: string | RegExp | (string | RegExp)[]): Layer => {
    const router = express.Router();
    router.use(path, (_request, _response, next) => next());
    return stackOf(router)[0] as Layer;
  };

  it.each(PATHS)('A6: the path of a mount is read back from the expression of Express: %s', (path) => {
    expect(registeredPath(mounted(path), () => '/none')).toBe(path);
  });

  it('A6: an expression is returned as it is, with its own alternatives', () => {
    for (const expression of [/^\/v\d+/, /^\/a|^\/b/, /\/x$/, /^\/(?<year>\d+)\/(\w+)/]) {
      expect(registeredPath(mounted(expression), () => '/a')).toBe(String(expression));
    }
  });

  it('A6: for a list, the result is the path that matched, as registered', () => {
    const layer = mounted(['/c/', '/d/:y', /^\/r(\d+)/, '/e|/f', '/:z(\\d+)/:zz']);
    const of = (path: string) => registeredPath(layer, () => path);
    expect(['/C', '/d/1', '/r17', '/r18', '/17/x'].map(of)).toEqual([
      '/c',
      '/d/:y',
      '/^\\/r(\\d+)/i',
      '/^\\/r(\\d+)/i',
      '/:z(\\d+)/:zz',
    ]);
    expect(of('/nothing')).toBe('/c|/d/:y|/^\\/r(\\d+)/i|/e|/f|/:z(\\d+)/:zz');
  });

  it('A6: for a list of only expressions, the result is the list', () => {
    const layer = mounted([/^\/r(\d+)/, /^\/s(\d+)/]);
    expect(registeredPath(layer, () => '/r17')).toBe(registeredPath(layer, () => '/s18'));
    expect(registeredPath(layer, () => '/r17')).toContain('\\/r(\\d+)');
  });
});

describe('Express 5.0, which keeps no path of a mount', () => {
  const express = new Map(VERSIONS).get('Express 5.0');
  const probed = (path: string | RegExp | string[], sent: string) => {
    const router = express?.Router();
    router?.use(path, (_request, _response, next) => next());
    const layer = stackOf(router)[0] as Layer;
    const before = { ...layer };
    const result = registeredPath(layer, () => sent);
    expect(layer).toEqual(before);
    return result;
  };

  it.each([
    ['/users', '/USERS/7', '/users'],
    ['/Users/', '/users/7', '/users'],
    ['/t/:tenant/users', '/t/users/users/7', '/t/:tenant/users'],
    ['/t/:tenant', '/t/a%20%41b/x', '/t/:tenant'],
    ['/:a-:b', '/x-y/z', '/:a-:b'],
    ['/files/*path', '/files/a/b%2Fc/d', '/files/*path'],
    ['/opt{/:x}/end', '/opt/end', '/opt/end'],
    ['/opt{/:x}/end', '/opt/1/end', '/opt/:x/end'],
  ])('A28: the path is found by probing the mount: %s for %s', (path, sent, expected) => {
    expect(probed(path, sent)).toBe(expected);
    expect(probed(['/never', path], sent)).toBe(expected);
  });

  it('A28: an expression, and a path that is too long, have no result', () => {
    expect(probed(/^\/v\d+/, '/v17/x')).toBeUndefined();
    expect(probed('/t/:tenant', `/t/${'x'.repeat(500)}`)).toBeUndefined();
  });
});
