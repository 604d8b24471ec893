import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from './redaction.js';
import { safeString, safeText } from './safe-text.js';

const redactor = createRedactor({}, () => {});
const text = (value: unknown, maxLength = 1024) => safeText(value, redactor, maxLength);
const trap = (): never => {
  throw new Error('trap');
};

describe('the text of a value', () => {
  // biome-ignore format: a table
  it.each([
    ['a text', 'a"b', 'a"b'],
    ['null', null, 'null'],
    ['a number', -1.5, '-1.5'],
    ['a class', class Work {}, '[Function Work]'],
    ['a function whose name throws', Object.defineProperty(() => {}, 'name', { get: trap }), '[Unreadable]'],
    ['a function whose name is none', Object.defineProperty(() => {}, 'name', { value: { toString: trap } }), '[Unreadable]'],
    ['a large integer', 2n ** 100n, '1267650600228229401496703205376'],
    ['an integer that is too large to write', -(2n ** 1_000_000n), '[BigInt]'],
    ['boxed values', [Object('a'), Object(1), Object(true), Object(1n)], '["a",1,true,{}]'],
    ['an invalid date', new Date(Number.NaN), 'Invalid Date'],
    ['a date inside', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
    ['an error inside', [new RangeError('no')], '["RangeError: no"]'],
    ['an error whose message throws', Object.defineProperty(new Error('x'), 'message', { get: trap }), '[Unreadable]'],
    ['a URL of any scheme', new URL('redis://u:p@h:1/0?a=b#c'), 'redis://h:1/0'],
    ['typed arrays', [new Uint8Array(3), new ArrayBuffer(2), new DataView(new ArrayBuffer(1))], '[[Uint8Array 3],[ArrayBuffer 2],[DataView 1]]'],
    ['collections', [new Map(), new Set([1]), new URLSearchParams('token=x')], '[[Map 0],[Set 1],[URLSearchParams 1]]'],
    ['collections without a constructor', Object.setPrototypeOf(new Map(), Object.create(Map.prototype, { constructor: { value: undefined } })), '[Unreadable]'],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    ['an object with members of its prototype', Object.assign(Object.create({ b: 2 }), { a: 1 }), '{"a":1}'],
    ['a toJSON that is itself', { a: 1, toJSON() { return this; } }, '{"a":1,"toJSON":[Function toJSON]}'],
    ['a toJSON that never ends', { toJSON: function again() { return { toJSON: again }; } }, '[…]'],
    ['a toJSON of secrets', { toJSON: () => ({ password: 'x', t: 'Bearer y' }) }, '{"password":"REDACTED","t":"Bearer REDACTED"}'],
    ['an answer of OAuth', { code: 'abc', state: 'xyz', redirect_uri: '/cb' }, '{"code":"REDACTED","state":"REDACTED","redirect_uri":"/cb"}'],
    ['a code and a state of something else', { code: 'E1', state: 'open', id: 2 }, '{"code":"E1","state":"open","id":2}'],
    ['a toJSON that throws', [{ toJSON: trap }, 1], '["[Unreadable]",1]'],
    ['a sparse list', Object.assign(new Array(3), { 0: 1, 2: 3 }), '[1,undefined,3]'],
    ['a list with a getter that throws', Object.defineProperty([1, 2], 0, { get: trap }), '["[Unreadable]",2]'],
    ['a list with an iterator of its own', Object.assign([1], { [Symbol.iterator]: trap }), '[1]'],
    ['an object seen twice', ((a) => [a, a])({ a: 1 }), '[{"a":1},{"a":1}]'],
    ['strange members', JSON.parse('{"__proto__":{"secret":1},"constructor":2}'), '{"__proto__":{"secret":"REDACTED"},"constructor":2}'],
    ['a member whose name is a secret', { 'AKIAIOSFODNN7EXAMPLE': 1 }, '{"REDACTED":1}'],
    ['entries', [['cookie', 'a'], ['accept', 'b']], '[["cookie","REDACTED"],["accept","b"]]'],
    ['a plain pair', ['a', 'value'], '["a","value"]'],
  ])('is written for %s', (_what, value, expected) => {
    expect(text(value)).toBe(expected);
  });

  it('is bounded for any number of members, including secret ones', () => {
    const secrets = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key${index}`, index]));
    expect(safeText(secrets, redactor, 1e6).match(/REDACTED/g)!.length).toBeLessThanOrEqual(200);
    const throwing = {};
    for (let index = 0; index < 1000; index++)
      Object.defineProperty(throwing, `k${index}`, { enumerable: true, get: trap });
    expect(safeText(throwing, redactor, 1e6).match(/Unreadable/g)!.length).toBeLessThanOrEqual(200);
    expect(safeText(Array.from({ length: 1e5 }), redactor, 1e6).split(',').length).toBeLessThanOrEqual(201);
    expect(text({ ['k'.repeat(1e7)]: 'v'.repeat(1e7) })).toHaveLength(1024);
  });

  it('reads only the beginning of a value of 10 MB (FAULTS 41)', () => {
    const long = 'x'.repeat(1e7);
    const named = Object.defineProperty(() => {}, 'name', { value: long });
    for (const value of [new Error(long), Object.assign(new Error('a'), { name: long }), Symbol(long), named]) {
      const millis = Array.from({ length: 5 }, () => {
        const started = performance.now();
        expect(text(value)).toHaveLength(1024);
        return performance.now() - started;
      });
      expect(Math.min(...millis)).toBeLessThan(1); // 6 ms when all of it is copied.
    }
    expect(text(Symbol())).toBe('Symbol()');
  });

  it('reads no more members than fit', () => {
    let reads = 0;
    const value = new Proxy(Array.from({ length: 1e6 }), {
      get: (target, key) => {
        reads++;
        return Reflect.get(target, key);
      },
    });
    text(value);
    expect(reads).toBeLessThan(1000);
  });

  it('uses its whole length for nested objects', () => {
    expect(text({ a: { b: { c: 'x'.repeat(300) } }, d: 'end' })).toContain('"d":"end"');
  });

  it('is well-formed', () => {
    for (const value of ['\ud800\0', new Error('\ud800\0'), Symbol('\ud800\0'), { '\ud800\0': '\ud800\0' }]) {
      expect(text(value).isWellFormed()).toBe(true);
      expect(text(value)).not.toContain('\0');
    }
  });

  it('never throws, and is never too long', () => {
    fc.assert(
      fc.property(
        fc.anything({
          withBigInt: true,
          withDate: true,
          withMap: true,
          withSet: true,
          withBoxedValues: true,
          withNullPrototype: true,
          withSparseArray: true,
          withTypedArray: true,
          withUnicodeString: true,
        }),
        fc.integer({ min: 16, max: 64 }),
        (value, maxLength) => {
          const result = text(value, maxLength);
          expect(result.length).toBeLessThanOrEqual(maxLength);
          expect(result.isWellFormed()).toBe(true);
        },
      ),
    );
  });

  it('contains no secret, at any depth', () => {
    const name = fc.constantFrom('password', 'apiKey', 'x-auth-token', 'connect.sid', 'cvv');
    const leaf = fc
      .tuple(name, fc.constantFrom<unknown>('c4n4ry', ['c4n4ry'], { a: 'c4n4ry' }))
      .map(([key, value]): unknown => ({ [key]: value }));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        leaf,
        fc.array(tie('tree')),
        fc.dictionary(fc.string(), tie('tree')),
        tie('tree').map((value) => ({ toJSON: () => value })),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(text(value)).not.toContain('c4n4ry');
      }),
    );
  });
});

describe('a safe string', () => {
  it('is cut without splitting a character', () => {
    expect(safeString('ab', redactor, 2)).toBe('ab');
    expect(safeString('abc', redactor, 2)).toBe('a…');
    expect(safeString('\u{1f600}'.repeat(20), redactor, 16)).toBe(`${'\u{1f600}'.repeat(7)}…`);
    expect(safeString('\u{1f600}'.repeat(5000), redactor, 16)).toBe(`${'\u{1f600}'.repeat(7)}…`);
    expect(safeString('abc', redactor, 1)).toBe('…');
  });

  it('is marked as cut even if little is left of it', () => {
    expect(safeString(`-----BEGIN A-----${'x'.repeat(1e6)}`, redactor, 100)).toBe('REDACTED…');
  });

  it('never shows the characters that were searched beyond the limit', () => {
    const text = `Bearer ${'t'.repeat(1000)} ${'x'.repeat(100)} 4111-1111-1111-1111`; // The limit splits the number.
    expect(safeString(text.padEnd(5000), redactor, 100)).toBe('Bearer REDACTED…');
  });
});
