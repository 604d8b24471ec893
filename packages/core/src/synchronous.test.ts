import { expect, it } from 'vitest';
import { requireSynchronous } from './synchronous.js';

it('returns results that are not promises', () => {
  for (const value of [undefined, null, 0, 'text', {}]) {
    expect(requireSynchronous('A function', value)).toBe(value);
  }
});

it('refuses a promise, and handles its rejection', async () => {
  for (const promise of [Promise.reject(new Error('handled by requireSynchronous')), new Promise(() => {})]) {
    expect(() => requireSynchronous('A function', promise)).toThrow('A function must not be asynchronous');
  }
  // Vitest fails the run if a rejection is unhandled.
  await new Promise(setImmediate);
});
