import { expect, it } from 'vitest';
import { requireSynchronous } from './synchronous.js';

it('lets through whatever is there already', () => {
  for (const value of [undefined, null, 0, 'text', {}]) {
    expect(requireSynchronous('A function', value)).toBe(value);
  }
});

it('refuses a promise, and takes care of its rejection', async () => {
  for (const promise of [Promise.reject(new Error('nobody hears of this')), new Promise(() => {})]) {
    expect(() => requireSynchronous('A function', promise)).toThrow('A function must not be asynchronous');
  }
  // Vitest fails where a rejection is left unhandled.
  await new Promise(setImmediate);
});
