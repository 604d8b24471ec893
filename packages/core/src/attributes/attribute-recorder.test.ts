import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributeBag, AttributeRecorder } from './attribute-recorder.js';
import type { Attributes } from './attribute-value.js';
import type { RedactOptions } from './redact-options.js';
import { createRedactor } from './redaction.js';

const limits = { maxAttributes: 128, maxValueLength: 1024 };

function record(attributes: Attributes, options: Partial<typeof limits> = {}, redact: RedactOptions = {}) {
  const bag = new AttributeBag();
  new AttributeRecorder(
    { ...limits, ...options },
    createRedactor(redact, () => {}),
  ).setAll(bag, attributes);
  return bag;
}

const values = (attributes: Attributes, options?: Partial<typeof limits>) => record(attributes, options).values;

describe('attributes', () => {
  it('are kept in the types of OpenTelemetry', () => {
    const attributes = {
      text: 'a',
      number: 1.5,
      yes: true,
      no: false,
      texts: ['a', 'b'],
      numbers: [1, 2],
      flags: [true],
      none: [],
    };
    expect(values(attributes)).toEqual(attributes);
  });

  it('named like the sums of folded spans are left out and counted: nobody else has such sums', () => {
    const bag = record({
      'ferret.folded': 5,
      'ferret.folded.busy_ns': 1e9,
      'ferret.foldedness': 1,
      'ferret.keep': true,
    });
    expect(bag).toMatchObject({ values: { 'ferret.foldedness': 1, 'ferret.keep': true }, count: 2, dropped: 2 });
    expect(Object.keys(bag.values)).toHaveLength(2);
  });

  it('without a value are left out', () => {
    expect(values({ a: null, b: undefined, '': 1, c: 0 })).toEqual({ c: 0 });
  });

  it('are copied at the moment of the call (FAULTS 44)', () => {
    const list = ['a'];
    const attributes: Record<string, unknown> = { list, object: { a: 1 } };
    const bag = record(attributes);
    list.push('b');
    (attributes['object'] as { a: number }).a = 2;
    attributes['late'] = true;
    expect(bag.values).toEqual({ list: ['a'], object: '{"a":1}' });
  });

  it('that are neither string, number nor boolean become text (FAULTS 42)', () => {
    const circular: Record<string, unknown> = { a: 1 };
    circular['self'] = circular;
    const throwing = {
      get bad() {
        throw new Error('no');
      },
      good: 1,
    };
    expect(
      values({
        nan: Number.NaN,
        infinity: Number.NEGATIVE_INFINITY,
        big: 10n ** 20n,
        symbol: Symbol('s'),
        date: new Date(0),
        badDate: new Date(Number.NaN),
        error: new TypeError('boom'),
        regexp: /x/g,
        named: function work() {},
        map: new Map([[1, 2]]),
        set: new Set([1]),
        buffer: Buffer.alloc(10),
        promise: Promise.resolve(),
        url: new URL('https://user:canary@example.com/a?token=canary'),
        object: { a: [1, { b: null }], u: undefined },
        toJson: { toJSON: () => ({ id: 7 }) },
        throwingJson: { toJSON: () => JSON.parse('{') },
        circular,
        throwing,
        mixed: [1, 'a', null, { b: 1 }],
        nanInside: [1, Number.NaN],
      }),
    ).toEqual({
      nan: 'NaN',
      infinity: '-Infinity',
      big: '100000000000000000000',
      symbol: 'Symbol(s)',
      date: '1970-01-01T00:00:00.000Z',
      badDate: 'Invalid Date',
      error: 'TypeError: boom',
      regexp: '/x/g',
      named: '[Function work]',
      map: '[Map 1]',
      set: '[Set 1]',
      buffer: '[Buffer 10]',
      promise: '[Promise]',
      url: 'https://example.com/a',
      object: '{"a":[1,{"b":null}],"u":undefined}',
      toJson: '{"id":7}',
      throwingJson: '[Unreadable]',
      circular: '{"a":1,"self":[Circular]}',
      throwing: '{"bad":"[Unreadable]","good":1}',
      mixed: '[1,"a",null,{"b":1}]',
      nanInside: '[1,NaN]',
    });
  });

  it('that throw when they are read get a placeholder (FAULTS 42)', () => {
    const trap = () => {
      throw new Error('trap');
    };
    const proxy = new Proxy({}, { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap });
    const revocable = Proxy.revocable({}, {});
    revocable.revoke();
    expect(values({ proxy, revoked: revocable.proxy, a: 1 })).toEqual({
      proxy: '[Unreadable]',
      revoked: '[Unreadable]',
      a: 1,
    });
    expect(values(proxy)).toEqual({});
    expect(
      values({
        get broken() {
          throw new Error('getter');
        },
        fine: 1,
      }),
    ).toEqual({ broken: '[Unreadable]', fine: 1 });
    expect(values({ name: { toString: trap, [Symbol.toPrimitive]: trap } })).toEqual({
      name: '{"toString":[Function trap]}',
    });
  });

  it('named like members of Object.prototype are data only (FAULTS 43)', () => {
    const attributes = JSON.parse(
      '{"__proto__": ["polluted"], "constructor": "c", "toString": "t", "hasOwnProperty": 1}',
    );
    const bag = record(attributes);
    expect(JSON.parse(JSON.stringify(bag.values))).toEqual(attributes);
    expect(Object.keys(bag.values)).toEqual(['__proto__', 'constructor', 'toString', 'hasOwnProperty']);
    expect(Object.getPrototypeOf(bag.values)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['0']).toBeUndefined();
  });
});

describe('limits (FAULTS 41)', () => {
  it('cut a long text, and mark it', () => {
    const { long } = values({ long: 'x'.repeat(10_000_000) });
    expect(long).toBe(`${'x'.repeat(1023)}…`);
    expect(values({ fits: 'x'.repeat(1024) })).toEqual({ fits: 'x'.repeat(1024) });
  });

  it('never cut a character in half', () => {
    const { text } = values({ text: '\u{1f600}'.repeat(20) }, { maxValueLength: 16 });
    expect(text).toBe(`${'\u{1f600}'.repeat(7)}…`);
  });

  it('cut every text in a list, and the list itself', () => {
    const { list } = values({ list: Array.from({ length: 1000 }, () => 'x'.repeat(2000)) });
    expect((list as string[]).length).toBeLessThanOrEqual(129);
    expect((list as string[]).at(-1)).toBe('…');
    expect((list as string[])[0]).toBe(`${'x'.repeat(1023)}…`);
  });

  it('turn a list of numbers that is too long into a text, because a number cannot mark the cut', () => {
    const ones = (length: number) => Array.from({ length }, () => 1);
    expect(values({ numbers: ones(128) })).toEqual({ numbers: ones(128) });
    expect(values({ numbers: ones(129) })).toEqual({ numbers: JSON.stringify(ones(129)) });
    expect(values({ numbers: ones(1e6) })['numbers']).toMatch(/^\[(?:1,){199}…\]$/);
    expect(values({ flags: Array.from({ length: 1000 }, () => true) })['flags']).toMatch(/^\[(?:true,){199}…\]$/);
  });

  it('leave out and count attributes beyond 128; an existing one may change', () => {
    const bag = record(Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`k${index}`, index])));
    expect(bag).toMatchObject({ count: 128, dropped: 872 });
    new AttributeRecorder(
      limits,
      createRedactor({}, () => {}),
    ).set(bag, 'k0', 'new');
    expect(bag.values['k0']).toBe('new');
  });

  it('bound the attributes of a span in total', () => {
    const bag = record(
      Object.fromEntries(
        Array.from({ length: 128 }, (_, index) => [`k${index}`, Array.from({ length: 128 }, () => 'x'.repeat(1024))]),
      ),
    );
    expect(bag.size).toBeLessThanOrEqual(262_144);
    expect(bag.count + bag.dropped).toBe(128);
  });

  it('release the room of a value that is overwritten', () => {
    const bag = new AttributeBag();
    const recorder = new AttributeRecorder(
      limits,
      createRedactor({}, () => {}),
    );
    for (let index = 0; index < 1000; index++) recorder.set(bag, 'status', 'x'.repeat(1000));
    expect(bag).toMatchObject({ count: 1, dropped: 0 });
    expect(bag.size).toBeLessThan(2000);
  });

  it('keep the previous value if a larger one has no room', () => {
    const bag = new AttributeBag();
    const recorder = new AttributeRecorder(
      { maxAttributes: 10, maxValueLength: 65_536 },
      createRedactor({}, () => {}),
    );
    for (const key of ['a', 'b', 'c']) recorder.set(bag, key, 'x'.repeat(65_536));
    recorder.set(bag, 'd', 'small');
    recorder.set(bag, 'd', 'y'.repeat(65_536));
    expect(bag).toMatchObject({ count: 4, dropped: 1 });
    expect(bag.values['d']).toBe('small');
    recorder.set(bag, 'a', 'tiny');
    recorder.set(bag, 'd', 'y'.repeat(65_536));
    expect(bag.values['d']).toHaveLength(65_536);
  });

  it('count an attribute beyond the limit without reading it', () => {
    let reads = 0;
    const attributes: Record<string, unknown> = { a: 1 };
    Object.defineProperty(attributes, 'b', { enumerable: true, get: () => ++reads });
    const bag = record(attributes, { maxAttributes: 1 });
    expect(bag).toMatchObject({ count: 1, dropped: 1 });
    new AttributeRecorder(
      { maxAttributes: 1, maxValueLength: 16 },
      createRedactor({}, () => {}),
    ).set(bag, 'c', 1);
    expect(bag.dropped).toBe(2);
    expect(reads).toBe(0);
    expect(
      record(Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]))),
    ).toMatchObject({
      count: 128,
      dropped: 99_872,
    });
  });

  it('hold for keys that are cut to the same text', () => {
    const bag = record({ [`${'k'.repeat(300)}1`]: 1, [`${'k'.repeat(300)}2`]: 2 });
    expect(bag).toMatchObject({ count: 1, values: { [`${'k'.repeat(255)}…`]: 2 } });
  });

  it('hold after thousands of keys', () => {
    const recorder = new AttributeRecorder(
      limits,
      createRedactor({}, () => {}),
    );
    for (let index = 0; index < 5000; index++) recorder.set(new AttributeBag(), `key${index}`, index);
    const bag = new AttributeBag();
    recorder.setAll(bag, { password: 'x', page: 1 });
    expect(bag.values).toEqual({ password: 'REDACTED', page: 1 });
  });

  it('bound lists of thousands of texts', () => {
    const { list } = values({ list: Array.from({ length: 128 }, () => 'x'.repeat(1024)) });
    expect(list).toHaveLength(17);
    const sparse: unknown[] = ['a'];
    sparse.length = 1e9;
    sparse[2] = 'c';
    expect((values({ sparse })['sparse'] as string[]).slice(0, 3)).toEqual(['a', 'undefined', 'c']);
  });

  it('do not retain the rest of a text that was cut', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage: () => void = runInNewContext('gc');
    const inUse = async () => {
      collectGarbage();
      await new Promise(setImmediate);
      collectGarbage();
      const { heapUsed, external } = process.memoryUsage();
      return heapUsed + external;
    };
    const recorder = new AttributeRecorder(
      limits,
      createRedactor({}, () => {}),
    );
    const source = Buffer.alloc(5_000_000, 'x');
    const before = await inUse();
    const bags = Array.from({ length: 20 }, () => {
      const bag = new AttributeBag();
      recorder.set(bag, 'body', source.toString('latin1'));
      return bag;
    });
    expect((await inUse()) - before).toBeLessThan(50_000_000); // All of them are 100 MB.
    expect(bags[19]?.values['body']).toHaveLength(1024);
  });

  it('cut a long key', () => {
    const [key] = Object.keys(values({ ['k'.repeat(1000)]: 1 }));
    expect(key).toBe(`${'k'.repeat(255)}…`);
  });

  it('bound objects, however deep or wide', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level++) deep = { deep };
    const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, index]));
    const { deep: deepText, wide: wideText } = values({ deep, wide, strings: { a: 'x'.repeat(1e6) } });
    expect(deepText).toBe('{"deep":{"deep":{"deep":{"deep":[…]}}}}');
    expect(String(wideText).length).toBe(1024);
  });

  it('replace lone surrogates, and NUL, which ends a text for many readers (FAULTS 37)', () => {
    expect(values({ 'a\ud800': 'b\udc00c\0d' })).toEqual({ 'a\ufffd': 'b\ufffdc\ufffdd' });
  });
});

describe('secrets (FAULTS 50)', () => {
  const stored = (attributes: Attributes, redact?: RedactOptions) =>
    JSON.stringify(record(attributes, {}, redact).values);

  it.each([
    { password: 'canary' },
    { api_key: { nested: 'canary' } },
    { tokens: ['canary'] },
    { body: { user: { password: 'canary', list: [{ secret: 'canary' }] } } },
    { body: { toJSON: () => ({ apiKey: 'canary' }) } },
    { error: new Error('failed with Bearer canary') },
    { text: `${'x'.repeat(1000)} Bearer ${'canary'.repeat(20)}` },
    { text: `${'x'.repeat(1010)} postgres://u:canary@host/` },
    { object: { url: 'https://u:canary@host/' } },
    { list: ['Bearer canary'] },
    { mixed: [1, { password: 'canary' }] },
    { map: new Map([['password', 'canary']]) },
    { key: 'canary' },
    { 'Bearer canary': 1 },
    { [`${'k'.repeat(300)}_password`]: 'canary' },
    { pin: [{ a: 'canary' }], otp: new Map([['a', 'canary']]), auth: () => 'canary' },
    { raw: { rawHeaders: ['Cookie', 'sid=canary'] } },
    {
      raw: [
        ['Cookie', 'canary'],
        ['accept', 'x'],
      ],
    },
    { request: { url: '/a?token=canary', deep: { deeper: { authToken: ['canary'] } } } },
    { referer: 'https://host/?api_key=canary' },
    { body: '{"password":"canary"}' },
    { body: JSON.stringify({ raw: JSON.stringify({ password: 'canary' }) }) },
    { error: { cause: new Error('connect postgres://u:canary@host failed') } },
    { boxed: Object('Bearer canary') },
    { url: new URL('postgres://user:canary@host/db?password=canary') },
    { text: `${'x'.repeat(1000)}${' '.repeat(900)} postgres://u:canary@host/ ${'y'.repeat(3000)}` },
    { text: `-----BEGIN A-----${'x'.repeat(1500)}-----END A----- https://u:canary${'x'.repeat(1000)}@host` },
    { [Symbol('hidden')]: 'canary', shown: Object('Bearer canary') },
    { fn: Object.defineProperty(() => {}, 'name', { value: 'Bearer canary' }) },
    { symbol: Symbol('Bearer canary') },
    { regexp: /Bearer canary/ },
    { array: class extends Array<string> {}.of('Bearer canary', 'x') },
  ])('are not stored: %j', (attributes) => {
    expect(stored(attributes)).not.toContain('canary');
  });

  it('include card numbers that are numbers', () => {
    expect(values({ card: 4111111111111111, cards: [1, 4111111111111111], big: 4111111111111111n })).toEqual({
      card: 'REDACTED',
      cards: '[1,REDACTED]',
      big: 'REDACTED',
    });
    expect(values({ now: 1_700_000_000_000, huge: 1e300, many: [1e15, 2] })).toEqual({
      now: 1_700_000_000_000,
      huge: 1e300,
      many: [1e15, 2],
    });
  });

  it('leave no part when the cut would split them', () => {
    for (let before = 980; before < 1030; before++) {
      for (const secret of [
        '4111-1111-1111-1111',
        `postgres://user:${'1111-11'.repeat(9)}@host`,
        `Bearer ${'1111-11'.repeat(9)}`,
      ]) {
        const text = `${'x'.repeat(before)} ${secret}`;
        for (const long of [text, text + ' y'.repeat(2000), { text }, [text], new Error(text)])
          expect(stored({ long })).not.toContain('1111-');
      }
    }
  });

  it('are not stored when they follow one that was shortened', () => {
    for (let filler = 1900; filler < 2060; filler++) {
      const text = `Bearer ${'x'.repeat(filler)} 4111-1111-1111-1111${' '.repeat(3000)}`;
      expect(stored({ text, object: { text } })).not.toContain('1111-');
    }
  });

  it("are replaced under secret names, whatever the application's redactor returns", () => {
    const redactor = (_name: string, value: unknown) => (value === 'REDACTED' ? 'raw' : (value as string));
    expect(record({ password: 'canary', a: 'b' }, {}, { redactor }).values).toEqual({ password: 'REDACTED', a: 'b' });
  });

  it.each([
    ['a secret', () => 'Bearer canary', 'Bearer REDACTED'],
    ['a function', () => () => {}, '[Function anonymous]'],
    ['what is not a number', () => Number.NaN, 'NaN'],
    ['a list of secrets', () => ['Bearer canary'], ['Bearer REDACTED']],
    ['a proxy that throws', () => new Proxy([], { get: () => JSON.parse('{') }), '[Unreadable]'],
    ['null', () => null, undefined],
    ['nothing', () => undefined, undefined],
    ['a promise', async () => 'canary', undefined],
    ['an exception', () => JSON.parse('{'), undefined],
  ])("are removed from the result of the application's redactor if it is %s", (_what, redactor, expected) => {
    expect(record({ a: 'raw' }, {}, { redactor: redactor as never }).values['a']).toEqual(expected);
  });

  it('cannot be put back by a redactor that keeps the list it was given', () => {
    let kept: unknown;
    const redactor = (_name: string, value: unknown) => {
      kept = value;
      return value as string[];
    };
    const bag = record({ list: ['a'] }, {}, { redactor });
    (kept as string[]).push('canary');
    expect(bag.values).toEqual({ list: ['a'] });
  });

  it("may be found by the application's redactor, whose result is cleaned too", () => {
    const redactor = (name: string) =>
      name === 'a' ? 'x'.repeat(5000) : name === 'b' ? ({ odd: 1 } as never) : undefined;
    const bag = record({ a: 1, b: 2, c: 'canary' }, {}, { redactor });
    expect(bag.values).toEqual({ a: `${'x'.repeat(1023)}…`, b: '{"odd":1}' });
  });
});

it('never throws for any attributes, and stores only types that OpenTelemetry knows', () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ unit: 'binary' }),
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }),
      ),
      (attributes) => {
        for (const value of Object.values(values(attributes, { maxValueLength: 32 }))) {
          const items = Array.isArray(value) ? value : [value];
          for (const item of items) {
            expect(['string', 'number', 'boolean']).toContain(typeof item);
            if (typeof item === 'string') {
              expect(item.length).toBeLessThanOrEqual(32);
              expect(item.isWellFormed()).toBe(true);
            }
            if (typeof item === 'number') expect(Number.isFinite(item)).toBe(true);
          }
        }
      },
    ),
  );
});

it('makes a text of any value for names and messages', () => {
  const recorder = new AttributeRecorder(
    { maxAttributes: 1, maxValueLength: 20 },
    createRedactor({}, () => {}),
  );
  expect(recorder.text('GET /a')).toBe('GET /a');
  expect(recorder.text('x'.repeat(50))).toHaveLength(20);
  expect(recorder.text({ password: 'canary' })).toBe('{"password":"REDACT…');
  expect(recorder.text(undefined)).toBe('undefined');
});
