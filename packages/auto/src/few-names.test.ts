import { expect, it } from 'vitest';
import { FewNames } from './few-names.js';

it('knows the first names, and no others', () => {
  const names = new FewNames(2);
  expect(['a', 'b', 'a', 'c', 'b'].map((name) => names.has(name))).toEqual([true, true, true, false, true]);
  expect(new FewNames().has('a'.repeat(101))).toBe(false);
});
