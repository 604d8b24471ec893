import { expect, it } from 'vitest';
import { BoundedMemo } from './bounded-memo.js';

it('a full memo is emptied', () => {
  const memo = new BoundedMemo<number>(3);
  for (const [value, text] of ['a', 'b', 'c'].entries()) memo.set(text, value);
  expect([memo.get('a'), memo.size]).toEqual([0, 3]);
  memo.set('d', 3);
  expect([...memo]).toEqual([['d', 3]]);
});

it('a memo has any text as key, also a piece of another text', () => {
  const memo = new BoundedMemo<string>(3);
  const text = 'a text that is longer than a slice';
  memo.set(text.slice(2, 30), 'piece');
  expect(memo.get('text that is longer than a s')).toBe('piece');
});
