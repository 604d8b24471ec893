import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Method, wrapMethod } from './wrap-method.js';

/** A wrapper that counts calls and changes nothing. */
function counting() {
  const state = { calls: 0 };
  const around = (original: Method): Method =>
    function (this: unknown, ...args: unknown[]) {
      state.calls++;
      return original.apply(this, args);
    };
  return { state, around };
}

describe('wrapMethod', () => {
  it('keeps this, arguments, results, errors, name, length and properties (FAULTS 65)', async () => {
    class Client {
      word = 'own';
      query(text: string, ...more: unknown[]) {
        if (text === 'throw') throw new RangeError(text);
        return [this.word, text, more.length];
      }
    }
    const custom = async () => 'promised';
    Object.assign(Client.prototype.query, { [promisify.custom]: custom, mark: 1 });
    const { state, around } = counting();
    const descriptor = Object.getOwnPropertyDescriptor(Client.prototype, 'query');
    expect(wrapMethod(Client.prototype, 'query', around)).toBe(true);
    const client = new Client();
    expect(client.query('a', undefined)).toEqual(['own', 'a', 1]);
    expect(() => client.query('throw')).toThrow(RangeError);
    expect(state.calls).toBe(2);
    const { query } = Client.prototype;
    expect([query.name, query.length, Reflect.get(query, 'mark')]).toEqual(['query', 1, 1]);
    expect(await promisify(query)('')).toBe('promised');
    expect(Object.getOwnPropertyDescriptor(Client.prototype, 'query')).toMatchObject({
      enumerable: descriptor?.enumerable,
      writable: true,
    });
  });

  it('wraps once', () => {
    const holder = { run: () => 1 };
    const { state, around } = counting();
    expect([wrapMethod(holder, 'run', around), wrapMethod(holder, 'run', around)]).toEqual([true, true]);
    holder.run();
    expect(state.calls).toBe(1);
  });

  it('leaves what cannot be replaced: frozen, an accessor, no function, not there (FAULTS 60)', () => {
    const { around } = counting();
    const frozen = Object.freeze({ run: () => 1 });
    const { run } = frozen;
    expect(wrapMethod(frozen, 'run', around)).toBe(false);
    expect(frozen.run).toBe(run);
    expect(
      wrapMethod(
        {
          get run() {
            return () => 1;
          },
        },
        'run',
        around,
      ),
    ).toBe(false);
    expect(wrapMethod({ run: 1 }, 'run', around)).toBe(false);
    expect(wrapMethod({}, 'run', around)).toBe(false);
  });
});
