import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzz } from '../fuzz.fixture.js';
import { formatTraceparent, parseTraceparent, parseTracestate } from './trace-context.js';

const text = (unit: string, length: { minLength?: number; maxLength?: number }) =>
  fc.string({ unit: fc.constantFrom(...unit), ...length });

const id = (length: number) =>
  text('0123456789abcdef', { minLength: length, maxLength: length }).filter((hex) => /[1-9a-f]/.test(hex));

/** A well-formed header, and what is in it. */
const traceparent = fc.record({
  version: text('0123456789abcde', { minLength: 2, maxLength: 2 }),
  traceId: id(32),
  parentId: id(16),
  flags: text('0123456789abcdef', { minLength: 2, maxLength: 2 }),
});

/** Nearly well-formed: what a parser may take for more than it is. */
const nearly = text('0123456789abcdefABCF-, \t\0\u00e9', { maxLength: 80 });

const key = fc
  .tuple(text('abcz019', { minLength: 1, maxLength: 1 }), text('abcz019_-*/@', { maxLength: 40 }))
  .map(String);
const member = fc
  .tuple(
    key.map((letters) => letters.replaceAll(',', '')),
    text('azAZ09!#"~ ;:', { minLength: 1, maxLength: 40 }),
  )
  .map(([name, value]) => `${name}=${value}x`);

describe('traceparent', () => {
  it('is read back as it was written', () => {
    fuzz(
      fc.property(id(32), id(16), fc.nat(3), (traceId, parentId, flags) => {
        expect(parseTraceparent(formatTraceparent(traceId, parentId, flags))).toEqual({ traceId, parentId, flags });
      }),
    );
  });

  it('of any version but ff is read by its first four fields', () => {
    fuzz(
      fc.property(traceparent, fc.string({ maxLength: 100 }), ({ version, traceId, parentId, flags }, more) => {
        const parts = { traceId, parentId, flags: Number.parseInt(flags, 16) & 3 };
        const header = `${version}-${traceId}-${parentId}-${flags}`;
        expect(parseTraceparent(header)).toEqual(parts);
        const longer = parseTraceparent(`${header}-${more}`);
        if (longer !== undefined) expect(longer).toEqual(parts);
        if (version === '00') expect(longer).toBeUndefined();
      }),
    );
  });

  it('that is anything else is refused, and whatever is accepted can be sent on', () => {
    const anything = fc.oneof(
      nearly,
      fc.string({ unit: 'binary', maxLength: 100 }),
      traceparent.map(Object.values).map(String),
    );
    fuzz(
      fc.property(fc.oneof(anything, fc.array(anything, { maxLength: 2 })), (header) => {
        const parsed = parseTraceparent(header);
        if (parsed === undefined) return;
        expect(parsed.traceId).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
        expect(parsed.parentId).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
      }),
    );
  });

  it('loses its meaning with any character of it', () => {
    fuzz(
      fc.property(
        traceparent,
        fc.nat(54),
        fc.constantFrom('g', 'A', ' ', '-', '\0', '\u0660', ''),
        (parts, at, other) => {
          const header = `00-${parts.traceId}-${parts.parentId}-${parts.flags}`;
          fc.pre(header[at] !== other);
          expect(parseTraceparent(header.slice(0, at) + other + header.slice(at + 1))).toBeUndefined();
        },
      ),
    );
  });
});

describe('tracestate', () => {
  it('of up to 32 members is passed on unchanged, also where a key occurs twice', () => {
    const members = fc.uniqueArray(member, { minLength: 1, maxLength: 31, selector: (text) => text.split('=')[0] });
    fuzz(
      fc.property(members, fc.constantFrom(',', ', ', ',,', ' ,\t'), (list, separator) => {
        const header = list.join(separator);
        expect(parseTracestate(header)).toBe(header);
        expect(parseTracestate(list)).toBe(list.join(','));
        const twice = [...list, list[0] as string];
        expect(parseTracestate(twice)).toBe(twice.join(','));
      }),
    );
  });

  it('that is anything is passed on unchanged, or dropped', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 100 }),
      text('az09=,@ \t-_*/\0\u00e9', { maxLength: 200 }),
    );
    fuzz(
      fc.property(anything, (header) => {
        const passedOn = parseTracestate(header);
        if (passedOn === undefined) return;
        expect(passedOn).toBe(header);
        // Nothing that could end a header and begin another.
        expect(passedOn).toMatch(/^[\t\x20-\x7e]*$/);
        expect(passedOn.split(',').filter((part) => part.trim() !== '').length).toBeLessThanOrEqual(32);
      }),
    );
  });
});
