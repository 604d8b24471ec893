import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzz } from '../fuzz.fixture.js';
import { AttributeBag, AttributeRecorder } from './attribute-recorder.js';
import type { Attributes } from './attribute-value.js';
import type { RedactOptions } from './redact-options.js';
import { createRedactor } from './redaction.js';

const CANARY = 'C4N4RY';
const LIMITS = { maxAttributes: 8, maxValueLength: 64 };

function record(attributes: Attributes, options: RedactOptions = {}) {
  const bag = new AttributeBag();
  new AttributeRecorder(
    LIMITS,
    createRedactor(options, () => {}),
  ).setAll(bag, attributes);
  return bag;
}

const text = fc.string({ unit: 'binary', maxLength: 200 });
const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'toString', 'password', 'a', 'b'));
const anything = fc.anything({
  key,
  values: [text, fc.double(), fc.bigInt(), fc.boolean(), fc.constant(undefined), fc.date({ noInvalidDate: false })],
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
  maxDepth: 6,
});

describe('any attributes', () => {
  it('are bounded in number, length and type, and have JSON that every reader accepts', () => {
    fuzz(
      fc.property(fc.dictionary(key, anything, { maxKeys: 12 }), (attributes) => {
        const { values, count, dropped } = record(attributes);
        expect(Object.keys(values)).toHaveLength(count);
        expect(count).toBeLessThanOrEqual(LIMITS.maxAttributes);
        expect(count + dropped).toBeLessThanOrEqual(Object.keys(attributes).length);
        for (const [name, value] of Object.entries(values)) {
          expect(name.length).toBeLessThanOrEqual(256);
          for (const item of Array.isArray(value) ? value : [value]) {
            if (typeof item === 'string') expect(item.length).toBeLessThanOrEqual(LIMITS.maxValueLength);
            else expect(['number', 'boolean']).toContain(typeof item);
          }
        }
        const json = JSON.stringify(values);
        expect(json.isWellFormed()).toBe(true);
        expect(json).not.toMatch(/\0|\\u0000|\\ud[89a-f]/);
        // Values that JSON does not have have become texts.
        expect(Object.entries(JSON.parse(json))).toEqual(
          Object.entries(values).map(([name, item]) => [name, plain(item)]),
        );
      }),
    );
  });

  it('change neither Object.prototype nor the objects they came from', () => {
    const before = Reflect.ownKeys(Object.prototype).length;
    fuzz(
      fc.property(fc.dictionary(key, fc.jsonValue(), { maxKeys: 8 }), (attributes) => {
        const copy = structuredClone(attributes);
        record(attributes);
        expect(Reflect.ownKeys(Object.prototype)).toHaveLength(before);
        expect(attributes).toEqual(copy);
      }),
    );
  });
});

describe('a secret in attributes', () => {
  const around = fc.string({ unit: fc.constantFrom(...'ab ,;{}[]()<>\n\u00e9'), maxLength: 80 });
  const found = fc.constantFrom(
    `Bearer ${CANARY}`,
    `postgres://user:${CANARY}@host/`,
    `password=${CANARY}`,
    `{"apiKey":"${CANARY}"}`,
    `eyJhbGciOi.${CANARY}.${CANARY}`,
    `-----BEGIN KEY-----${CANARY}-----END KEY-----`,
  );
  const secret = fc.oneof(
    fc.tuple(around, found, around).map(([before, middle, after]) => `${before} ${middle} ${after}`),
    fc.constantFrom('password', 'x-api-key', 'sessionToken', 'set-cookie').map((name) => ({ [name]: CANARY })),
  );

  it('never survives, at any depth and in any kind of value', () => {
    const wraps: readonly ((value: unknown) => unknown)[] = [
      (value) => value,
      (value) => [value],
      (value) => ({ deeper: value }),
      (value) => ({ toJSON: () => value }),
      (value) => [[1, { deeper: [value] }]],
      (value) => new Map([['deeper', value]]),
      (value) => new Error(typeof value === 'string' ? value : 'failed', { cause: value }),
      (value) => JSON.stringify({ inner: value }),
    ];
    fuzz(
      fc.property(secret, fc.constantFrom(...wraps), fc.constantFrom(...wraps), (value, inner, outer) => {
        const { values } = record({ value: outer(inner(value)), list: [inner(value), 'x'] });
        expect(JSON.stringify(values)).not.toContain(CANARY);
      }),
    );
  });

  it("is not brought back by the result of the application's redactor", () => {
    fuzz(
      fc.property(secret, anything, (value, other) => {
        const redactor = (name: string) => (name === 'a' ? value : other) as string;
        expect(JSON.stringify(record({ a: 1, b: 2 }, { redactor }).values)).not.toContain(CANARY);
      }),
    );
  });
});

/** A number after JSON, which has no negative zero. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return Object.is(value, -0) ? 0 : value;
}
