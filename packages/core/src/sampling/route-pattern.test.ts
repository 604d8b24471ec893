import { expect, it } from 'vitest';
import { mayMatch, parsePattern } from './route-pattern.js';

const may = (pattern: string, path: string | undefined, method = 'GET') =>
  mayMatch(parsePattern(pattern)!, method, path);

it.each([
  ['/poll', '/poll'],
  ['/poll', '/Poll/'],
  ['/users/:id', '/users/1'],
  ['/users/:id', '/users/a%2Fb'],
  ['/a b', '/anything'],
  ['/api/*', '/api/users/1'],
  ['/api/u*', '/api/users/1'],
  ['/api/:version/*', '/api/v1/users'],
  ['/files/{*path}', '/files'],
  ['/maybe/:id?', '/maybe'],
  ['*', '/'],
  ['GET /users/:id', '/users/1'],
  ['/', '/'],
])('K7: a rule for %s may match a request for %s', (pattern, path) => {
  expect(may(pattern, path)).toBe(true);
  expect(may(pattern, undefined)).toBe(true);
});

it.each([
  ['/poll', '/polls'],
  ['/poll', '/poll/1'],
  ['/poll', '/'],
  ['/users/:id', '/users'],
  ['/users/:id', '/users/1/orders'],
  ['/api/*', '/api'],
  ['/api/u*', '/api/orders'],
  ['POST /users/:id', '/users/1'],
  ['import', '/import'],
])('K7: a rule for %s cannot match a request for %s', (pattern, path) => {
  expect(may(pattern, path)).toBe(false);
});
