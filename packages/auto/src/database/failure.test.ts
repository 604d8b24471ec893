import type { Leaf } from '@ferretjs/core/adapter';
import { describe, expect, it } from 'vitest';
import { failWith, withoutValues } from './failure.js';

/** Notes what a span is told. */
function told(error: unknown, code?: unknown, hasMessage?: boolean) {
  const seen: { error?: Error; type?: string; attributes?: unknown } = {};
  const leaf = {
    recordError: (error: Error) => Object.assign(seen, { error }),
    failAs: (type: string, attributes: unknown) => Object.assign(seen, { type, attributes }),
  };
  failWith(leaf as unknown as Leaf, error, code, hasMessage);
  return seen;
}

class DatabaseError extends Error {}

describe('a failed query', () => {
  it.each([
    [
      'duplicate key value violates unique constraint "users_email_key"',
      'duplicate key value violates unique constraint',
    ],
    ["Duplicate entry 'alice@example.com' for key 'email'", 'Duplicate entry'],
    ['invalid input syntax for type integer: "secret"', 'invalid input syntax for type integer'],
    ['value 4711 is out of range', 'value'],
    ['Key (email)=(alice) exists', 'Key'],
    ['Query read timeout', 'Query read timeout'],
    ['', ''],
  ])('keeps of the message "%s" what comes before any value', (message, kept) => {
    const { error } = told(new DatabaseError(message));
    expect(error?.message).toBe(kept);
  });

  it('is told by the code of the database, or else by that of Node, or else by its class', () => {
    expect(told(new DatabaseError('a'), '23505')).toMatchObject({
      type: '23505',
      attributes: { 'db.response.status_code': '23505' },
    });
    expect(told(new DatabaseError('a'), 1062).type).toBe('1062');
    expect(told(Object.assign(new Error('a'), { code: 'ECONNRESET' })).type).toBe('ECONNRESET');
    expect(told(new DatabaseError('a')).type).toBe('DatabaseError');
    expect(told(new TypeError('a')).type).toBe('TypeError');
    expect(told('secret').type).toBe('string');
    expect(told(new DatabaseError('a'), 'a secret value').type).toBe('DatabaseError');
  });

  it('keeps the whole of messages by Node, which tell of addresses only', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { syscall: 'connect' });
    expect(told(refused).error?.message).toBe('connect ECONNREFUSED 127.0.0.1:5432');
  });

  it('keeps no message where it may be any text', () => {
    expect(told(new DatabaseError('secret words'), 'ERR', false).error?.message).toBe('');
  });

  it('leaves the stack of the error unread, which gets its text only then', () => {
    const error = new DatabaseError('secret');
    expect(told(error).error?.stack).toBeUndefined();
    error.message = `a library's own words: ${error.message}`;
    expect(error.stack).toMatch(/^Error: a library's own words: secret\n {4}at /);
  });
});

describe('an error that cannot be read', () => {
  const called = () => {
    throw new Error('called');
  };
  const getter = (name: string) => Object.defineProperty(new Error('secret'), name, { get: called });
  it.each([
    ['message', getter('message')],
    ['name', getter('name')],
    ['stack', getter('stack')],
    ['constructor', getter('constructor')],
    ['no constructor', Object.assign(new Error('secret'), { constructor: undefined })],
    ['a symbol as name', Object.assign(new Error(''), { name: Symbol('secret') })],
    ['a symbol as message', Object.assign(new Error('secret'), { message: Symbol('secret') })],
    ['a proxy', new Proxy(new Error('secret'), { getPrototypeOf: called })],
    ['null', null],
  ])('has a span that fails, and nothing is thrown: %s', (_, error) => {
    expect(told(error).type).toBeTypeOf('string');
    const { name, message } = withoutValues(error);
    expect(name).toBeTypeOf('string');
    expect(message).toSatisfy((text: string) => text === '' || text === 'secret');
  });
});

it("keeps the code only of Node's errors about files, whose names the application chooses", () => {
  const missing = Object.assign(new Error("ENOENT: no such file, open '/alice'"), { syscall: 'open', path: '/alice' });
  expect(withoutValues(missing).message).toBe('ENOENT');
});
