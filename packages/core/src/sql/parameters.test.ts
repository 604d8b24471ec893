import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashParameters } from './parameters.js';

describe('the hash of parameters', () => {
  it('is a number of 32 bits, the same for the same values', () => {
    const values = () => [1, 'a', null, undefined, true, 2n, new Date(5), Buffer.from('x'), [1, [2]], { a: 1 }];
    const hash = hashParameters(values());
    expect(hash).toBe(hashParameters(values()));
    expect(hash).toSatisfy((value: number) => Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff);
  });

  it('differs for values that differ', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (first, second) => {
        fc.pre(first !== second);
        expect(hashParameters([first])).not.toBe(hashParameters([second]));
      }),
    );
    const different: unknown[] = [
      1,
      '1',
      1n,
      true,
      'true',
      null,
      'null',
      undefined,
      [],
      {},
      [[]],
      new Date(1),
      Buffer.from('1'),
      0.5,
      '',
      -1,
    ];
    expect(new Set(different.map((value) => hashParameters([value]))).size).toBe(different.length);
    expect(hashParameters(['ab', 'c'])).not.toBe(hashParameters(['a', 'bc']));
    expect(hashParameters([1], 1)).not.toBe(hashParameters([1], 2));
  });

  it('knows ids and other values of MongoDB by their state, in all versions, and maps', () => {
    class BsonValue {}
    class ObjectId extends BsonValue {
      get _bsontype(): string {
        throw new Error('called');
      }
    }
    const bytes = (text: string) => Object.assign(new ObjectId(), { buffer: Buffer.from(text) });
    const hidden = (text: string) => Object.assign(new ObjectId(), { [Symbol('id')]: Buffer.from(text) });
    for (const idOf of [bytes, hidden]) {
      const hash = hashParameters({ filter: { _id: { $in: [idOf('a')] } } });
      expect(hash).toBeTypeOf('number');
      expect(hashParameters({ filter: { _id: { $in: [idOf('a')] } } })).toBe(hash);
      expect(hashParameters({ filter: { _id: { $in: [idOf('b')] } } })).not.toBe(hash);
    }
    expect(hashParameters(new Map([['a', 1]]))).toBe(hashParameters(new Map([['a', 1]])));
    expect(hashParameters(new Map([['a', 1]]))).not.toBe(hashParameters(new Map([['a', 2]])));
  });

  it('runs no code of a value', () => {
    const called = () => {
      throw new Error('called');
    };
    const date = Object.assign(new Date(7), { toString: called, toJSON: called, valueOf: called, getTime: called });
    expect(hashParameters([date])).toBe(hashParameters([new Date(7)]));
    const bytes = Object.defineProperty(Buffer.from('x'), 'length', { get: called });
    expect(hashParameters([bytes])).toBe(hashParameters([Buffer.from('x')]));
    expect(hashParameters([{ toString: called, toPostgres: called }])).toBeUndefined();
    expect(
      hashParameters([
        {
          get secret() {
            return called();
          },
        },
      ]),
    ).toBeUndefined();
    expect(hashParameters([new Proxy({}, { get: called, ownKeys: called, getPrototypeOf: called })])).toBeUndefined();
    expect(hashParameters(new Proxy([], { get: called }))).toBeUndefined();
  });

  it('is left out where it cannot be told', () => {
    class Money {}
    for (const value of [new Money(), () => 1, Symbol('a'), new Set(), /a/])
      expect(hashParameters([value])).toBeUndefined();
    const circle: unknown[] = [];
    circle.push(circle);
    expect(hashParameters(circle)).toBeUndefined();
    expect(hashParameters(Array.from({ length: 1_000 }, (_, index) => index))).toBeUndefined();
  });

  it('looks at a bounded part of a huge value, and at its length', () => {
    const huge = 'x'.repeat(10_000_000);
    expect(hashParameters([huge])).toBe(hashParameters([`${huge.slice(0, 5_000)}y${huge.slice(5_001)}`]));
    expect(hashParameters([huge])).not.toBe(hashParameters([`${huge}x`]));
    expect(hashParameters([Buffer.alloc(10_000_000)])).not.toBe(hashParameters([Buffer.alloc(10_000_001)]));
  });
});
